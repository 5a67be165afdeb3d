// What a daemon notes for its next run, on a disk that takes no note: it goes on without.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { startSyncing } from '../../src/daemon/syncing.ts';
import { openDoor } from '../../src/daemon/underlay.ts';
import { keyHost } from '../../src/home/host.ts';
import { type HomeLedger, openHome } from '../../src/home/ledger.ts';
import { ingestInto } from '../../src/peer/members.ts';
import type { Key } from '../../proto/ids.ts';
import { Scribe, actor } from '../kit/actors.ts';
import { newIdentity } from '../kit/peers.ts';

const [anna, lamp] = [actor('anna'), actor('lamp')];
let home: HomeLedger;
let told: DaemonEvent[] = [];

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-notes-'));
  const scribe = new Scribe('home', [anna]);
  scribe.node(lamp, anna);
  const lines = scribe.records.map(({ line }) => `${line}\n`).join('');
  writeFileSync(join(folder, 'nodes.jsonl'), lines);
  home = (await openHome(folder, { write: true })) as HomeLedger;
  // A file cannot take the place of a folder, whoever asks.
  for (const name of ['peers.json', 'synced.json', 'door.json']) mkdirSync(join(folder, name));
  told = [];
});
afterEach(async () => {
  await home.close();
  rmSync(home.folder, { recursive: true });
});

const parts = () => ({
  ...{ home, host: keyHost(), identity: newIdentity(), ingest: ingestInto(home) },
  tell: (event: DaemonEvent) => void told.push(event),
});
const failed = () => told.flatMap((one) => (one.event === 'failed' ? [one.what] : []));

test('a link that is found and a heartbeat that agrees count all the same', async () => {
  const agreed: Key[] = [];
  const syncing = startSyncing({ ...parts(), told: [], agreed: (key) => void agreed.push(key) });
  const peer = { key: lamp.key, url: 'https://192.0.2.1:7447' };
  syncing.linkedAt(peer);
  syncing.beaten(lamp.key, true);
  expect([syncing.kept(), agreed]).toEqual([[peer], [lamp.key]]);
  expect(failed()).toEqual(['writing peers.json', 'writing synced.json']);
  await syncing.stop();
});

test('the door is open, and known to whoever opened it', async () => {
  const place = { host: '127.0.0.1', port: 0, shared: false };
  const door = { ...parts(), lobby: null, agreed: () => undefined, kept: () => [] };
  const server = await openDoor(door, place);
  expect(server.address.port).toBeGreaterThan(0);
  expect(failed()).toEqual(['writing door.json']);
  await server.close();
});
