// What the holder of a ticket may do at a door: read while the ticket is open, and nothing more.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HomeLedger, foundHome, openHome } from '../../src/home/ledger.ts';
import { openChannel } from '../../src/peer/channel.ts';
import { fetchLedger } from '../../src/peer/fetch.ts';
import { NDJSON } from '../../src/peer/media.ts';
import { ingestInto, servingOf, ticketDoor } from '../../src/peer/members.ts';
import type { PeerEvent } from '../../src/peer/served.ts';
import { type PeerServer, servePeers } from '../../src/peer/server.ts';
import { type Actor, PEER, Scribe, actor, acts } from '../kit/actors.ts';
import { newIdentity } from '../kit/peers.ts';

const LONG_AGO = 1_600_000_000_000;
const [anna, bert, lamp] = ['anna', 'bert', 'lamp'].map(actor) as [Actor, Actor, Actor];
const [open, late, shut, used] = [1, 2, 3, 4].map(() => newIdentity()) as [
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
];

let folder: string;
let home: HomeLedger;
let server: PeerServer;
let events: PeerEvent[];
const others: HomeLedger[] = [];

/** Known by its key alone: who holds it is shown by TLS, and it signs nothing here. */
function holder({ publicKey: key }: { readonly publicKey: Actor['key'] }): Actor {
  return { key, name: 'paper' } as Actor;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kith-tickets-'));
  const scribe = new Scribe('home', [anna]);
  scribe.node(lamp, anna, [], PEER);
  scribe.by(anna, acts.ticket(holder(open)));
  scribe.by(anna, acts.ticket(holder(late), [], { expires: LONG_AGO }));
  scribe.by(anna, acts.ticket(holder(shut)));
  scribe.remove(holder(shut), anna, [], { seq: 0, id: '' });
  mkdirSync(join(folder, 'a'));
  const text = scribe.records.map(({ line }) => `${line}\n`).join('');
  writeFileSync(join(folder, 'a', 'nodes.jsonl'), text);
  home = (await openHome(join(folder, 'a'), { write: true })) as HomeLedger;
  events = [];
  server = await servePeers({
    ...servingOf(home, lamp.key),
    ...{ identity: newIdentity(), listen: { host: '127.0.0.1', port: 0 } },
    ...{ ingest: ingestInto(home), log: (event) => events.push(event) },
  });
});
afterEach(async () => {
  await server.close();
  await Promise.all([home, ...others.splice(0)].map((one) => one.close()));
  rmSync(folder, { recursive: true });
});

const url = (): string => `https://127.0.0.1:${server.address.port}`;

function fetchedBy(identity: ReturnType<typeof newIdentity>): ReturnType<typeof fetchLedger> {
  return fetchLedger({
    ...{ identity, url: url(), ledger: home.replica.ledger },
    async begin(genesis) {
      const begun = await foundHome(join(folder, `b${others.length}`), genesis, false);
      others.push(begun);
      return begun;
    },
  });
}

describe('the holder of a ticket', () => {
  test('reads the whole ledger, verified from its genesis on', async () => {
    const got = await fetchedBy(open);
    expect(got).toMatchObject({ ok: true, value: { sync: { outcome: { kind: 'agree' } } } });
    expect(others[0]?.replica.records).toBe(home.replica.records);
    expect(events).toMatchObject([{ kind: 'ticket', key: open.publicKey, standing: 'open' }]);
  });

  test('is told why where the ticket is of no use, and gets not a line', async () => {
    expect(await fetchedBy(late)).toMatchObject({ ok: false, code: 'ticket-expired' });
    expect(await fetchedBy(shut)).toMatchObject({ ok: false, code: 'ticket-closed' });
    expect(others).toHaveLength(0);
  });

  test('sees a closed door where nobody has issued it', async () => {
    expect(await fetchedBy(used)).toMatchObject({ ok: false, code: 'door-silent' });
    expect(events).toMatchObject([{ kind: 'turned-away', why: 'stranger' }]);
    expect(ticketDoor(home)(bert.key)).toBe(null);
    expect(ticketDoor(home)(lamp.key)).toBe(null);
  });

  test('brings nothing in, and asks for nothing else', async () => {
    const channel = openChannel({ identity: open, url: url(), door: () => true });
    for (const path of ['/v1/push', '/v1/endpoints', '/v1/anything', '/v1/genesis/']) {
      const reply = await channel.ask({ path, type: NDJSON, body: Buffer.from('{}\n') });
      const parts: Uint8Array[] = [];
      for await (const part of reply.stream) parts.push(part);
      expect([path, reply.status, Buffer.concat(parts).toString()]).toEqual([
        ...[path, 403, '{"error":"members-only"}'],
      ]);
    }
    channel.close();
    expect(home.replica.records).toBe(6);
  });
});
