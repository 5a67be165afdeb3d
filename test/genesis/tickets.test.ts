// `kith join --ticket` from outside: real processes on loopback, and machines without a person.

import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { holdingsOf } from '../../ledger/holdings.ts';
import { openHome } from '../../src/home/ledger.ts';
import { ingestInto } from '../../src/peer/members.ts';
import { servePeers } from '../../src/peer/server.ts';
import { type Ran, kith, scratch } from '../cli/ledgers.ts';
import { STEADY_PORT, type Up, up } from '../daemon/daemons.ts';
import { newIdentity } from '../kit/peers.ts';
import { type Event, type Process, done, founded, started, truthIn } from './machines.ts';

let attic: string;
let daemon: Up;
let door: string;
beforeAll(async () => {
  attic = await founded('tickets');
  daemon = await up(attic);
  const { url } = await daemon.until('listening');
  door = url.replace('https://', '');
}, 120_000);

const at = (name: string): string => join(attic, '..', name);

async function ticketNamed(name: string, ...words: string[]): Promise<string> {
  const file = at(`${name}.ticket`);
  await done('ticket', 'new', '--name', name, '--out', file, '--dir', attic, ...words);
  return file;
}

function joining(ticket: string, name: string): string[] {
  return ['join', '--ticket-file', ticket, '--name', name, '--dir', at(name), '--json'];
}

function joinBy(ticket: string, name: string, ...words: string[]): Promise<Ran> {
  return kith([...joining(ticket, name), ...words]);
}

/** An environment in which the calendar is two days behind. */
const LATE = {
  NODE_OPTIONS:
    '--import=data:text/javascript,' +
    encodeURIComponent('const now = Date.now; Date.now = () => now() - 172_800_000;'),
};

function eventsOf({ out }: Ran): (Event & { readonly error?: Event })[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

/** With what code it ended, and what was said of each address. */
function refusalOf(ran: Ran): { code: unknown; tried: unknown[] } {
  expect([ran.code, ran.err]).toEqual([1, '']);
  const events = eventsOf(ran);
  const tried = events.flatMap(({ event, address, code }) =>
    event === 'tried' ? [[address, code]] : [],
  );
  return { code: events.at(-1)?.error?.['code'], tried };
}

/** After a sync: the daemon may have told meanwhile where it is reached. */
async function holdsWhatAtticHolds(name: string): Promise<void> {
  await vi.waitFor(async () => {
    await done('ledger', 'sync', '--dir', at(name), door);
    expect(await truthIn(at(name))).toEqual(await truthIn(attic));
  }, 100_000);
}

async function nobodyListens(): Promise<string> {
  const server = createServer();
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `127.0.0.1:${port}`;
}

describe('a ticket', () => {
  test('makes a bare machine a member without a person, and lets nobody else in', async () => {
    const ticket = await ticketNamed('one');
    const ran = await joinBy(ticket, 'lamp');
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(eventsOf(ran)).toMatchObject([{ event: 'joined', network: 'home', told: door }]);
    await holdsWhatAtticHolds('lamp');
    const nodes = JSON.parse(await done('nodes', '--dir', attic, '--json')) as { nodes: Event[] };
    expect(nodes.nodes).toMatchObject([{ name: 'attic' }, { name: 'lamp', admitted: 'one' }]);
    // Who reads along with a ticket is said aloud.
    await daemon.until('ticket', ({ standing }) => standing === 'open');
    // The same again finishes the same: nothing is written twice.
    expect((await joinBy(ticket, 'lamp')).code).toBe(0);
    expect((await truthIn(attic)).admissions).toHaveLength(2);
    expect(refusalOf(await joinBy(ticket, 'stove'))).toEqual({
      code: 'ticket-used',
      tried: [[door, 'ticket-used']],
    });
    expect(existsSync(join(at('stove'), 'nodes.jsonl'))).toBe(false);
    const peers = readFileSync(join(at('lamp'), 'peers.json'), 'utf8');
    expect(peers).toContain(door);
  });

  test('that is revoked or of no use says which, and nothing is taken in', async () => {
    const ticket = await ticketNamed('shut');
    await done('ticket', 'revoke', 'shut', '--commit', '--dir', attic);
    expect(refusalOf(await joinBy(ticket, 'fan'))).toMatchObject({ code: 'ticket-closed' });
    expect(existsSync(join(at('fan'), 'nodes.jsonl'))).toBe(false);
  });

  test('that has expired is so at the door, whatever the clock of the machine says', async () => {
    const ticket = at('stale.ticket');
    const words = ['ticket', 'new', '--name', 'stale', '--expires', '1h', '--out', ticket];
    const issued = await kith([...words, '--dir', attic], { env: LATE });
    expect([issued.code, issued.out]).toEqual([0, '']);
    const list = JSON.parse(await done('ticket', 'list', '--dir', attic, '--json')) as {
      tickets: Event[];
    };
    expect(list.tickets).toContainEqual(
      expect.objectContaining({ name: 'stale', standing: 'expired' }),
    );
    for (const env of [{}, LATE]) {
      expect(refusalOf(await kith(joining(ticket, 'kiln'), { env }))).toEqual({
        code: 'ticket-expired',
        tried: [[door, 'ticket-expired']],
      });
    }
    expect(existsSync(join(at('kiln'), 'nodes.jsonl'))).toBe(false);
    await daemon.until('ticket', ({ standing }) => standing === 'expired');
  });

  test('that is redeemed with no door left says so, and the same again tells it', async () => {
    const ticket = await ticketNamed('lone');
    const own = join(at('loom'), 'nodes.jsonl');
    const hasSigned = (): boolean =>
      existsSync(own) && readFileSync(own, 'utf8').includes('"name":"loom"');
    const gate = await gateTo(door, () => !hasSigned());
    const lone = await joinBy(ticket, 'loom', '--from', gate);
    expect(refusalOf(lone)).toEqual({ code: 'ticket-untold', tried: [[gate, 'door-silent']] });
    expect(hasSigned()).toBe(true);
    const admitted = async (): Promise<number> =>
      (await truthIn(attic)).admissions.filter((line) => line.includes('"name":"loom"')).length;
    expect(await admitted()).toBe(0);
    const again = await joinBy(ticket, 'loom', '--from', gate, '--from', door);
    expect(eventsOf(again).at(-1)).toMatchObject({ event: 'joined', told: door });
    expect(await admitted()).toBe(1);
    await holdsWhatAtticHolds('loom');
  });

  test('that is used lets the machine back that has lost its copy, and writes nothing', async () => {
    const ticket = await ticketNamed('worn');
    expect((await joinBy(ticket, 'desk')).code).toBe(0);
    const before = (await truthIn(attic)).admissions;
    const keys = readFileSync(join(at('desk'), 'node.key'), 'utf8');
    for (const name of readdirSync(at('desk'))) {
      // Without its journal a key signs nothing any more.
      if (!/^(node\.key|signed-)/.test(name)) rmSync(join(at('desk'), name), { recursive: true });
    }
    const back = await joinBy(ticket, 'desk');
    expect([back.code, back.err]).toEqual([0, '']);
    expect(eventsOf(back)).toMatchObject([{ event: 'joined', told: door }]);
    expect(readFileSync(join(at('desk'), 'node.key'), 'utf8')).toBe(keys);
    expect((await truthIn(attic)).admissions).toEqual(before);
    await holdsWhatAtticHolds('desk');
  });

  test('whose doors are all dead is not used, and another door will do', async () => {
    const dead = await nobodyListens();
    const ticket = await ticketNamed('far', '--hint', dead);
    expect(refusalOf(await joinBy(ticket, 'mill'))).toEqual({
      code: 'ticket-unanswered',
      tried: [[dead, 'door-silent']],
    });
    expect(existsSync(join(at('mill'), 'nodes.jsonl'))).toBe(false);
    const joined = await joinBy(ticket, 'mill', '--from', dead, '--from', door);
    expect(eventsOf(joined).at(-1)).toMatchObject({ event: 'joined', told: door });
  });

  test('is safe from doors that lie: rubbish, another ledger, or a copy in strange hands', async () => {
    const other = await founded('tickets-other');
    const strange = await up(other);
    const { url } = await strange.until('listening');
    const ticket = await ticketNamed('wary');
    const [rubbish, copy] = [await rubbishServer(), await strangersCopy()];
    const doors = [rubbish, url.replace('https://', ''), copy, door];
    const ran = await joinBy(ticket, 'oven', ...doors.flatMap((one) => ['--from', one]));
    const events = eventsOf(ran);
    expect(events.at(-1)).toMatchObject({ event: 'joined', told: door });
    expect(events.map(({ address, code }) => [address, code])).toEqual([
      [rubbish, 'door-silent'],
      // It does not know the ticket, so it says nothing.
      [doors[1], 'door-silent'],
      // Its ledger is good and is read; then it is seen to be nobody's door.
      ...[rubbish, doors[1], copy].map((one) => [one, 'door-silent']),
      [undefined, undefined],
    ]);
    await holdsWhatAtticHolds('oven');
  });
});

const servers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of servers) await close();
});

async function rubbishServer(): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined).end(Buffer.alloc(4_096, 'kith'));
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  servers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A way to a door that takes connections as long as `isOpen` says so. */
async function gateTo(place: string, isOpen: () => boolean): Promise<string> {
  const [host, port] = place.split(':') as [string, string];
  const server: Server = createServer((near) => {
    near.on('error', () => undefined);
    if (!isOpen()) return void near.destroy();
    const far = connect(Number(port), host);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  servers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Somebody who holds a copy of the ledger and is no member of it lets everyone in. */
async function strangersCopy(): Promise<string> {
  const folder = scratch('strange');
  await done('ledger', 'import', join(attic, 'nodes.jsonl'), '--dir', folder);
  const home = await openHome(folder, { write: true });
  if (home === null) throw new Error('no copy');
  const { replica, store } = home;
  const server = await servePeers({
    ...{ identity: newIdentity(), listen: { host: '127.0.0.1', port: 0 } },
    ...{ door: () => true, holdings: holdingsOf(replica), ingest: ingestInto(home) },
    genesis: store.find(replica.ledger)?.line ?? '',
  });
  servers.push(async () => {
    await server.close();
    await home.close();
  });
  return `127.0.0.1:${server.address.port}`;
}

/** `kith ledger serve`: a door that syncs with nobody by itself. */
async function serving(folder: string, listen = '127.0.0.1:0'): Promise<Process & { at: string }> {
  const words = ['ledger', 'serve', '--dir', folder, '--json', '--listen', listen];
  const process = started(words);
  const { port } = (await process.event('listening')) as { port: number };
  return { ...process, at: `127.0.0.1:${port}` };
}

describe('a ticket that two machines redeem', () => {
  test('admits neither, and whoever asks is told', async () => {
    const one = await founded('twice');
    const [two, lamp, stove] = ['two', 'lamp', 'stove'].map((name) => join(one, '..', name)) as [
      string,
      string,
      string,
    ];
    const file = (name: string): string => join(one, '..', name);
    for (const name of ['first', 'second']) {
      await done('ticket', 'new', '--name', name, '--out', file(name), '--dir', one);
    }
    const joinAt = (folder: string, ticket: string, from: string): Promise<Ran> =>
      kith(['join', '--ticket-file', file(ticket), '--dir', folder, '--json', '--from', from]);
    const door1 = await serving(one, `127.0.0.1:${STEADY_PORT}`);
    expect((await joinAt(two, 'first', door1.at)).code).toBe(0);
    // The two members do not hear of each other, and a machine comes to each with one ticket.
    const door2 = await serving(two);
    expect((await joinAt(lamp, 'second', door1.at)).code).toBe(0);
    expect((await joinAt(stove, 'second', door2.at)).code).toBe(0);
    for (const { child, ended } of [door1, door2]) {
      child.kill('SIGINT');
      await ended;
    }
    const first = await up(one, ['--port', STEADY_PORT]);
    await up(two, ['--port', '0', '--peer', door1.at]);
    await first.until('forked');
    const again = await joinAt(lamp, 'second', door1.at);
    expect(refusalOf(again)).toMatchObject({ code: 'ticket-twice' });
    const state = JSON.parse(await done('ledger', 'state', '--dir', one, '--json')) as {
      frozen: Event[];
      members: Event[];
    };
    expect(state.frozen).toHaveLength(1);
    expect(state.members.filter((member) => member['class'] === 'node')).toHaveLength(2);
  });
});
