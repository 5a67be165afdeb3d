// Daemons that keep each other's ledgers in agreement, as real processes over real TLS: from an
// empty folder to a member, news at once, addresses that are remembered.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { askDaemon, findDaemon } from '../../src/daemon/client.ts';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import type { LedgerFacts } from '../../src/daemon/routes.ts';
import { kith, scratch } from '../cli/ledgers.ts';
import { type Up, done, founded, up } from './daemons.ts';

const folder = scratch('together');
const [attic, cellar, barn] = ['attic', 'cellar', 'barn'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
let first: Up;
let second: Up;

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
});

async function urlOf(daemon: Up): Promise<string> {
  return (await daemon.until('listening')).url;
}

const ledgerOf = (dir: string): Promise<LedgerFacts> => askDaemon(dir, 'ledger', undefined);

async function agreed(): Promise<void> {
  const [a, b] = [await ledgerOf(attic), await ledgerOf(cellar)];
  expect([b.records, b.stateRoot]).toEqual([a.records, a.stateRoot]);
}

/** What a daemon hears from a peer next. */
function heardNext(daemon: Up): Promise<Extract<DaemonEvent, { event: 'records' }>> {
  const before = new Set(daemon.events);
  return daemon.until('records', (event) => event.from !== null && !before.has(event));
}

describe('a daemon in an empty folder', () => {
  test('takes the ledger that init founds, and opens its door', async () => {
    first = await up(attic);
    expect(first.events.map(({ event }) => event)).toEqual(['opening', 'running']);
    await founded(attic, 'attic');
    expect(await urlOf(first)).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await ledgerOf(attic)).records).toBe(2);
    const again = await kith(['init', 'office', '--dir', attic, '--no-passphrase']);
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/a ledger in this folder/)]);
  });

  test('becomes a member by import and ticket, and the other learns of it by itself', async () => {
    const ticket = join(folder, 'cellar.ticket');
    await done('ticket', 'new', '--name', 'paper', '--out', ticket, '--dir', attic);
    second = await up(cellar, ['--port', '0', '--peer', await urlOf(first)]);
    const missing = await kith(['ticket', 'redeem', '--ticket-file', ticket, '--dir', cellar]);
    expect(missing.err).toMatch(/^error: there is no ledger in this folder/m);
    const copy = join(attic, 'nodes.jsonl');
    expect(await done('ledger', 'import', copy, '--dir', cellar)).toMatchObject({
      ...{ founded: true, added: 3, refused: [] },
    });
    expect(await findDaemon(cellar)).toMatchObject({ member: false, door: null });
    await done('ticket', 'redeem', '--ticket-file', ticket, '--name', 'cellar', '--dir', cellar);
    await second.until('synced', ({ outcome }) => outcome === 'agree');
    await agreed();
    expect(existsSync(join(cellar, 'synced.json'))).toBe(true);
  });
});

describe('two daemons', () => {
  test('agree by themselves within seconds, whoever knows whom', async () => {
    // Nobody has told the attic where the cellar is: the cellar asks.
    const heard = heardNext(second);
    await done('set', 'heating.mode', 'away', '--commit', '--dir', attic);
    expect((await heard).from).toBe((await findDaemon(attic))?.node);
    await agreed();
  });

  test('tell news at once to whoever has answered before', async () => {
    await done('ledger', 'sync', await urlOf(second), '--dir', attic);
    expect(await findDaemon(attic)).toMatchObject({ peers: [{ source: 'kept', failures: 0 }] });
    const heard = heardNext(second);
    await done('set', 'heating.mode', 'on', '--commit', '--dir', attic);
    await heard;
    // It was brought, not fetched.
    await first.until('synced', ({ sent, received }) => sent === 1 && received === 0);
    await agreed();
  });

  test('know each other’s addresses after they were stopped, and catch up', async () => {
    await done('down', '--dir', cellar);
    await done('set', 'heating.mode', 'off', '--commit', '--dir', attic);
    const kept = JSON.parse(readFileSync(join(cellar, 'peers.json'), 'utf8')) as object;
    expect(kept).toEqual({ peers: [{ key: expect.any(String), url: await urlOf(first) }] });
    second = await up(cellar, []);
    await second.until('synced', ({ received }) => received === 1);
    await agreed();
  });

  test('a sync that is asked for goes through the daemon, and tells how it ended', async () => {
    const url = await urlOf(first);
    const made = await done('ledger', 'sync', url, '--dir', cellar);
    expect(made).toMatchObject({ outcome: 'agree', agree: true, name: 'attic', received: 0 });
    const nobody = await kith(['ledger', 'sync', 'https://127.0.0.1:1', '--dir', cellar]);
    expect(nobody.code).toBe(4);
    expect(nobody.err).toMatch(/^error: the peer did not answer [^\n]+\nhint: [^\n]+\n$/m);
  });
});

describe('a folder whose node is no member', () => {
  test('is told so when it is to sync', async () => {
    await done('ledger', 'import', join(attic, 'nodes.jsonl'), '--dir', barn);
    await up(barn);
    const ran = await kith(['ledger', 'sync', await urlOf(first), '--dir', barn]);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^error: the ledger here does not know this machine/m);
  });
});
