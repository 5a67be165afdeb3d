// Where members are, as it is told and read: bounded, whatever a peer may say.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENDPOINTS_MAX } from '../../ledger/limits.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import {
  type Whereabouts,
  askEndpoints,
  decodeEndpoints,
  encodeEndpoints,
} from '../../src/peer/endpoints.ts';
import { BODY_BYTES_MAX, TOLD_MEMBERS_MAX } from '../../src/peer/limits.ts';
import { servePeers } from '../../src/peer/server.ts';
import { ingestToy, newIdentity, only } from '../kit/peers.ts';
import { toyLedger } from '../kit/toy-ledger.ts';

const aKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => toBase64url(bytes) as Key);
const aMember: fc.Arbitrary<Whereabouts> = fc.record({
  key: aKey,
  endpoints: fc.array(fc.constantFrom('a.example:1', '192.0.2.1:7447', '[2001:db8::1]:7447'), {
    maxLength: ENDPOINTS_MAX,
  }),
});

describe('where members are', () => {
  test('comes over as it was told', () => {
    fc.assert(
      fc.property(fc.array(aMember, { maxLength: 20 }), (members) => {
        expect(decodeEndpoints(encodeEndpoints(members))).toEqual(members);
      }),
      { seed: 3 },
    );
  });

  test('is told of so many members and no more, in half of a reply', () => {
    const endpoints = Array.from({ length: 12 }, (_, i) => `${'a'.repeat(60)}.example:${i + 1}`);
    const member = { key: 'A'.repeat(43) as Key, endpoints };
    const bytes = encodeEndpoints(Array.from({ length: 1_000 }, () => member));
    expect(bytes.length).toBeLessThan(BODY_BYTES_MAX / 1.5);
    const read = decodeEndpoints(bytes);
    expect(read).toHaveLength(TOLD_MEMBERS_MAX);
    expect(read?.[0]?.endpoints).toHaveLength(ENDPOINTS_MAX);
  });

  test.each([
    ['a short key', { key: new Uint8Array(31), endpoints: [] }],
    ['no endpoint', { key: new Uint8Array(32), endpoints: ['http://a.example'] }],
    ['nine endpoints', { key: new Uint8Array(32), endpoints: Array(9).fill('a.example:1') }],
  ])('is refused with %s', (_, member) => {
    expect(decodeEndpoints(kith.EndpointsReply.encode({ members: [member] }).finish())).toBe(null);
  });

  test('is read from any bytes without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = decodeEndpoints(bytes);
        expect(read === null || read.length <= TOLD_MEMBERS_MAX).toBe(true);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

test('a member is told, a stranger is not', async () => {
  const [bob, alice, mallory] = [newIdentity(), newIdentity(), newIdentity()];
  const toy = toyLedger();
  const members = [{ key: bob.publicKey, endpoints: ['192.0.2.1:7447'] }];
  const server = await servePeers({
    ...{ identity: bob, listen: { host: '127.0.0.1', port: 0 }, door: only(alice) },
    ...{ holdings: toy.holdings, ingest: ingestToy(toy), endpoints: () => members },
  });
  const url = `https://127.0.0.1:${server.address.port}`;
  expect(await askEndpoints({ identity: alice, url, door: only(bob) })).toEqual(members);
  expect(await askEndpoints({ identity: mallory, url, door: only(bob) })).toBe(null);
  // Nor is anything taken from one who is none.
  expect(await askEndpoints({ identity: alice, url, door: only(mallory) })).toBe(null);
  await server.close();
});
