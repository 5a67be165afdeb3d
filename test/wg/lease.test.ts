// The leases of a relay, with initiations made the way WireGuard makes their mac1; that real ones
// pass is shown in test/scenarios/relay.test.ts.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blake2s } from '../../proto/blake.ts';
import type { Key } from '../../proto/ids.ts';
import {
  type Leases,
  NO_LEASES,
  type PairLease,
  type Party,
  carried,
  leaseFor,
  sideOf,
  swept,
} from '../../wg/lease.ts';
import {
  REBIND_SILENCE_MS,
  RELAY_IDLE_MS,
  RELAY_PAIRS_PER_MEMBER_MAX,
  RELAY_PORT_FIRST,
  RELAY_PORT_LAST,
} from '../../wg/link-limits.ts';
import { LEASE_REFUSALS } from '../../wg/link-refusals.ts';
import { isInitiationFor, isWireguard, mac1Key } from '../../wg/mac1.ts';

const publicKey = (of: number): Uint8Array => new Uint8Array(32).fill(of);
const party = (of: number): Party => {
  return { member: `member-${of}` as Key, macKey: mac1Key(publicKey(of)) };
};
const [X, Y, EVE] = [party(1), party(2), party(3)];

function initiation(to: Party): Uint8Array {
  const packet = new Uint8Array(148).map((_, i) => (i < 4 ? 0 : i));
  packet[0] = 1;
  packet.set(blake2s(16, packet.subarray(0, 116), to.macKey), 116);
  return packet;
}
const DATA = Uint8Array.of(4, ...new Uint8Array(31));

function leased(leases: Leases, pair: readonly [Party, Party], nowMs = 0): PairLease {
  const made = leaseFor(leases, pair, nowMs);
  if (!made.ok) throw new Error(made.code);
  return made.value.lease;
}

describe('an initiation', () => {
  test('is known by whose key it was made for', () => {
    expect(isInitiationFor(Y.macKey, initiation(Y))).toBe(true);
    expect(isInitiationFor(X.macKey, initiation(Y))).toBe(false);
    expect(isInitiationFor(Y.macKey, initiation(Y).subarray(1))).toBe(false);
    expect(isInitiationFor(Y.macKey, new Uint8Array(148))).toBe(false);
  });

  test('with any bit turned in what the mac covers is none', () => {
    fc.assert(
      fc.property(fc.nat(132 * 8 - 1), (bit) => {
        const packet = initiation(Y);
        packet[bit >> 3] = (packet[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(isInitiationFor(Y.macKey, packet)).toBe(false);
      }),
      { seed: 9, numRuns: 300 },
    );
  });

  test('what is no message of WireGuard is seen at its first bytes', () => {
    expect(isWireguard(initiation(Y))).toBe(true);
    expect(isWireguard(DATA)).toBe(true);
    for (const bytes of [new Uint8Array(0), new Uint8Array(40), Uint8Array.of(4, 0, 0, 0)]) {
      expect(isWireguard(bytes)).toBe(false);
    }
    expect(isWireguard(Uint8Array.of(5, ...new Uint8Array(40)))).toBe(false);
    expect(isWireguard(Uint8Array.of(1, 1, ...new Uint8Array(40)))).toBe(false);
  });
});

describe('a lease', () => {
  test('is two ports, the same whoever asks again', () => {
    const first = leaseFor(NO_LEASES, [X, Y], 0);
    if (!first.ok) throw new Error(first.code);
    const { leases, lease } = first.value;
    expect(sideOf(lease, X.member).port).toBe(RELAY_PORT_FIRST);
    expect(sideOf(lease, Y.member).port).toBe(RELAY_PORT_FIRST + 1);
    expect(leased(leases, [Y, X], 5)).toEqual({ ...lease, usedMs: 5 });
  });

  test('carries between the two once both have shown themselves by an initiation', () => {
    let lease = leased(NO_LEASES, [X, Y]);
    const [x, y] = lease.sides.map(({ port }) => port) as [number, number];
    expect(carried(lease, x, 'x:1', DATA, 1)).toBeNull();
    const bound = carried(lease, x, 'x:1', initiation(Y), 2);
    expect(bound?.to).toBeNull();
    lease = bound?.lease as PairLease;
    const both = carried(lease, y, 'y:1', initiation(X), 3);
    expect(both?.to).toEqual({ port: x, source: 'x:1' });
    lease = both?.lease as PairLease;
    expect(carried(lease, x, 'x:1', DATA, 4)?.to).toEqual({ port: y, source: 'y:1' });
  });

  test('binds no one who does not know the key of the other side', () => {
    const lease = leased(NO_LEASES, [X, Y]);
    const [x] = lease.sides.map(({ port }) => port) as [number, number];
    // Its own side's key, a stranger's, and none.
    for (const packet of [initiation(X), initiation(EVE), DATA]) {
      expect(carried(lease, x, 'e:1', packet, 1)).toBeNull();
    }
  });

  test('follows a side that moved, once its old place is silent', () => {
    const lease = leased(NO_LEASES, [X, Y]);
    const [x] = lease.sides.map(({ port }) => port) as [number, number];
    const bound = carried(lease, x, 'x:1', initiation(Y), 0)?.lease as PairLease;
    expect(carried(bound, x, 'x:2', initiation(Y), REBIND_SILENCE_MS - 1)).toBeNull();
    expect(carried(bound, x, 'x:2', DATA, REBIND_SILENCE_MS)).toBeNull();
    const moved = carried(bound, x, 'x:2', initiation(Y), REBIND_SILENCE_MS);
    expect(moved?.lease.sides[0].bound?.source).toBe('x:2');
  });

  test('goes on with new keys after a rotation, where it was', () => {
    const first = leaseFor(NO_LEASES, [X, Y], 0);
    if (!first.ok) throw new Error(first.code);
    const rotated = { member: Y.member, macKey: mac1Key(publicKey(9)) };
    const lease = leased(first.value.leases, [X, rotated], 1);
    const { port } = sideOf(lease, X.member);
    expect(carried(lease, port, 'x:1', initiation(Y), 2)).toBeNull();
    expect(carried(lease, port, 'x:1', initiation(rotated), 2)).not.toBeNull();
    expect(sideOf(lease, Y.member).otherMac).toEqual(X.macKey);
  });

  test('ends when it is idle, and when one of the two is no member any more', () => {
    const first = leaseFor(NO_LEASES, [X, Y], 0);
    if (!first.ok) throw new Error(first.code);
    const { leases } = first.value;
    const { macKey } = X;
    expect(swept(leases, () => macKey, RELAY_IDLE_MS - 1).ended).toEqual([]);
    expect(swept(leases, () => macKey, RELAY_IDLE_MS).ended).toHaveLength(1);
    const without = (key: Key): Uint8Array | null => (key === Y.member ? null : macKey);
    expect(swept(leases, without, 1).leases.pairs).toEqual([]);
  });

  test('has the keys of now after each sweep', () => {
    const first = leaseFor(NO_LEASES, [X, Y], 0);
    if (!first.ok) throw new Error(first.code);
    const { leases } = swept(first.value.leases, () => EVE.macKey, 1);
    expect(leases.pairs[0]?.sides.map(({ otherMac }) => otherMac)).toEqual([
      EVE.macKey,
      EVE.macKey,
    ]);
    expect(leases.pairs[0]?.usedMs).toBe(0);
  });

  test('is refused past the bounds: of one member, and of all ports', () => {
    let leases = NO_LEASES;
    for (let i = 0; i < RELAY_PAIRS_PER_MEMBER_MAX; i++) {
      const made = leaseFor(leases, [X, party(10 + i)], 0);
      if (made.ok) ({ leases } = made.value);
    }
    expect(leaseFor(leases, [X, party(99)], 0)).toMatchObject({ code: 'relay-too-many' });
    expect(leaseFor(leases, [X, X], 0)).toMatchObject({ code: 'relay-stranger' });
    for (let i = 0; leases.pairs.length < (RELAY_PORT_LAST - RELAY_PORT_FIRST + 1) / 2; i++) {
      const made = leaseFor(leases, [party(100 + (i >> 1)), party(200 + i)], 0);
      if (!made.ok) throw new Error(made.code);
      ({ leases } = made.value);
    }
    expect(leaseFor(leases, [party(98), party(97)], 0)).toMatchObject({ code: 'relay-full' });
    expect(Object.keys(LEASE_REFUSALS)).toHaveLength(3);
    const ports = leases.pairs.flatMap(({ sides }) => sides.map(({ port }) => port));
    expect(new Set(ports).size).toBe(ports.length);
    expect(Math.max(...ports)).toBe(RELAY_PORT_LAST);
  });

  test('gives a port back as late as it can', () => {
    const first = leaseFor(NO_LEASES, [X, Y], 0);
    if (!first.ok) throw new Error(first.code);
    const { leases } = swept(first.value.leases, () => null, 1);
    expect(sideOf(leased(leases, [X, Y]), X.member).port).toBe(RELAY_PORT_FIRST + 2);
  });
});
