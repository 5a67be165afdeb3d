import { afterEach, describe, expect, test } from 'vitest';
import { newIdentity, only, serveToy, syncToy, toyChain } from '../kit/peers.ts';
import { type ToyLedger, toyLedger } from '../kit/toy-ledger.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const alice = newIdentity();
const bob = newIdentity();

function holding(lines: readonly string[]): ToyLedger {
  const replica = toyLedger();
  replica.ingest(lines);
  return replica;
}

async function serve(...args: Parameters<typeof serveToy>) {
  const peer = await serveToy(...args);
  open.push(peer.server);
  return peer;
}

describe('two nodes over TLS', () => {
  test('reconcile in both directions', async () => {
    const lines = toyChain(5_000);
    const [mine, theirs] = [holding(lines), holding(lines.slice(0, 1_000))];
    const { url } = await serve(bob, theirs, only(alice));
    const pushed = await syncToy(alice, mine, url, { door: only(bob) });
    expect(pushed.outcome).toEqual({ kind: 'agree' });
    expect(pushed.moved.pushed).toMatchObject({ accepted: 4_001 });
    const empty = toyLedger();
    const pulled = await syncToy(alice, empty, url, { door: only(bob) });
    expect(pulled).toMatchObject({ outcome: { kind: 'agree' }, peer: bob.publicKey });
    expect(pulled.moved.pulled).toMatchObject({ accepted: 5_001, duplicates: 0 });
  });
});
