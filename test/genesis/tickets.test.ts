// `kith join --ticket` from outside: real processes on loopback, and machines without a person.

import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { holdingsOf } from '../../ledger/holdings.ts';
import { openHome } from '../../src/home/ledger.ts';
import { ingestInto } from '../../src/peer/members.ts';
import { servePeers } from '../../src/peer/server.ts';
import { type Ran, kith, scratch } from '../cli/ledgers.ts';
import { type Up, up } from '../daemon/daemons.ts';
import { newIdentity } from '../kit/peers.ts';
import { type Event, type Process, done, founded, started, truthIn } from './machines.ts';

// Real processes, some at once, on whatever machine this is.
vi.setConfig({ testTimeout: 120_000 });

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

function joinBy(ticket: string, name: string, ...words: string[]): Promise<Ran> {
  const own = ['join', '--ticket-file', ticket, '--name', name, '--dir', at(name), '--json'];
  return kith([...own, ...words]);
}

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
  }, 30_000);
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
    const door1 = await serving(one);
    expect((await joinAt(two, 'first', door1.at)).code).toBe(0);
    // The two members do not hear of each other, and a machine comes to each with one ticket.
    const door2 = await serving(two);
    expect((await joinAt(lamp, 'second', door1.at)).code).toBe(0);
    expect((await joinAt(stove, 'second', door2.at)).code).toBe(0);
    for (const { child, ended } of [door1, door2]) {
      child.kill('SIGINT');
      await ended;
    }
    const first = await up(one, ['--port', door1.at.split(':')[1] ?? '']);
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
