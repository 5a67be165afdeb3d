// A machine that can only dial out, three daemons and no address: `kith up --lobby` on one member,
// `kith join --via` on the new machine, `kith candidates` and `kith admit` on another.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kith, scratch } from '../cli/ledgers.ts';
import { STEADY_PORT, type Up, done, founded, up } from '../daemon/daemons.ts';
import { type NewMachine, admitting, joining, truthIn, wrongFor } from './machines.ts';

interface Row {
  readonly name: string;
  readonly fingerprint: string;
  readonly key: string | null;
  readonly lobby: { readonly key: string; readonly name: string } | null;
}
interface Listed {
  readonly candidates: readonly Row[];
  readonly lobbies: number | null;
  readonly silent: readonly { readonly url: string; readonly why: string }[];
}

/** A look is a process, of about a fifth of a second of one core. */
const LOOK_AGAIN_MS = 300;

const folder = scratch('lobby');
const [attic, cellar] = [join(folder, 'attic'), join(folder, 'cellar')];
let operator: Up;
let lobby: Up;
let door: string;

/** A name that no other machine announces here, as other tests may just now. */
function named(name: string): string {
  return `${name}-${process.pid}`;
}

async function doorOf(daemon: Up): Promise<string> {
  return (await daemon.until('listening')).url.replace('https://', '');
}

/** A new machine that nobody can find or reach but by the lobby. */
function joiningBy(via: string, name: string): Promise<NewMachine> {
  return joining(join(folder, name), '--via', via, '--name', name, '--hidden');
}

/** Until that member sees a machine of this name in a lobby. */
async function waits(dir: string, name: string): Promise<Listed> {
  for (;;) {
    const listed = await done<Listed>('candidates', '--dir', dir);
    if (listed.candidates.some((one) => one.name === name)) return listed;
    // Looking takes a process; the daemon asks its lobbies once in a while.
    await new Promise((wait) => void setTimeout(wait, LOOK_AGAIN_MS));
  }
}

const ports = ['--port', STEADY_PORT];

beforeAll(async () => {
  await founded(attic, 'attic');
  operator = await up(attic);
  const ticket = join(folder, 'cellar.ticket');
  await done('ticket', 'new', '--name', 'paper', '--out', ticket, '--dir', attic);
  await done('ledger', 'import', join(attic, 'nodes.jsonl'), '--dir', cellar);
  await done('ticket', 'redeem', '--ticket-file', ticket, '--name', 'cellar', '--dir', cellar);
  lobby = await up(cellar, [...ports, '--lobby', '--peer', await doorOf(operator)]);
  door = await doorOf(lobby);
  await done('ledger', 'sync', `https://${door}`, '--dir', attic);
}, 120_000);

describe('a machine that can only dial out', () => {
  test('is seen and admitted from another member, by the lobby of a third', async () => {
    const lamp = await joiningBy(door, named('lamp'));
    expect(await lamp.event('lobby')).toMatchObject({ via: door, state: 'waiting' });
    const listed = await waits(attic, named('lamp'));
    const { key, fingerprint } = lamp.events()[0] as { key: string; fingerprint: string };
    expect(listed).toMatchObject({ lobbies: 1, silent: [] });
    expect(listed.candidates.filter(({ name }) => name === named('lamp'))).toMatchObject([
      { fingerprint, key, lobby: { name: 'cellar' }, source: '127.0.0.1', address: null },
    ]);
    const admit = await admitting(attic, named('lamp'), lamp.code).ended;
    expect([admit.code, admit.err]).toEqual([0, '']);
    expect(JSON.parse(admit.out)).toMatchObject({ seen: true, node: { name: named('lamp'), key } });
    expect((await lamp.ended).code).toBe(0);
    const [ours, theirs] = [await truthIn(attic), await truthIn(lamp.folder)];
    expect(theirs.root).toBe(ours.root);
    expect(theirs.admissions.filter((line) => line.includes(key))).toHaveLength(1);
    await lobby.until('lobby', ({ newcomer, ended }) => newcomer === key && ended !== null);
    expect(JSON.stringify(lobby.events)).not.toContain(lamp.code);
  });

  test('is admitted on the machine of the lobby itself, by its fingerprint', async () => {
    const lamp = await joiningBy(door, named('torch'));
    await lamp.event('lobby');
    const { fingerprint } = lamp.events()[0] as { fingerprint: string };
    const key = ['--key', join(attic, 'operator/key.json')];
    const admit = await admitting(cellar, fingerprint.toLowerCase(), lamp.code, ...key).ended;
    expect([admit.code, admit.err]).toEqual([0, '']);
    expect((await lamp.ended).code).toBe(0);
  });

  test('hears who tried a wrong code, and waits on', async () => {
    const lamp = await joiningBy(door, named('wick'));
    await lamp.event('lobby');
    const first = await admitting(attic, named('wick'), wrongFor(lamp)).ended;
    expect([first.code, JSON.parse(first.out)]).toMatchObject([
      ...[1, { error: { code: 'pairing-wrong-code' } }],
    ]);
    const source = `attic by the lobby ${door}`;
    expect(await lamp.event('tried')).toMatchObject({ source, left: 2 });
    await waits(attic, named('wick'));
    const nowhere = await admitting(attic, `${named('wick')}@attic`, lamp.code).ended;
    expect(JSON.parse(nowhere.out)).toMatchObject({ error: { code: 'no-such-candidate' } });
    const second = await admitting(attic, `${named('wick')}@cellar`, lamp.code).ended;
    expect([second.code, (await lamp.ended).code]).toEqual([0, 0]);
  });

  test('dials again when the lobby dies, says so, and is admitted then', async () => {
    const lamp = await joiningBy(door, named('flint'));
    await lamp.event('lobby');
    lobby.child.kill('SIGKILL');
    expect(await lamp.event('lobby', 1)).toMatchObject({ state: 'away', code: 'lobby-lost' });
    await lobby.ended;
    const gone = await done<Listed>('candidates', '--dir', attic);
    expect(gone).toMatchObject({ lobbies: 0, silent: [{ url: `https://${door}` }] });
    // Those who announce themselves on this machine just now belong to other tests.
    expect(gone.candidates.filter((one) => one.lobby !== null)).toEqual([]);
    lobby = await up(cellar, [...ports, '--lobby']);
    await waits(attic, named('flint'));
    const admit = await admitting(attic, named('flint'), lamp.code).ended;
    expect([admit.code, (await lamp.ended).code]).toEqual([0, 0]);
    const last = lamp.events().filter(({ event }) => event === 'lobby');
    expect(last.at(-1)).toMatchObject({ state: 'waiting', via: door });
  });

  test('is told where a member has no lobby, and that nobody answers', async () => {
    const none = await joiningBy(await doorOf(operator), named('soot'));
    expect(await none.event('lobby')).toMatchObject({ state: 'away', code: 'lobby-none' });
    const nobody = await joiningBy('127.0.0.1:1', named('ash'));
    expect(await nobody.event('lobby')).toMatchObject({ code: 'lobby-unreachable' });
    for (const { child, ended } of [none, nobody]) {
      child.kill('SIGTERM');
      expect((await ended).code).toBe(130);
    }
    const wrong = await kith(['join', '--via', 'lamp', '--dir', join(folder, 'x')]);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('say HOST:PORT')]);
  });
});
