// The leases of a relay: two ports for each pair, one for each side. A port is bound to the source
// of the first initiation on it whose mac1 is for the other side, since nobody but the kernel can
// speak from WireGuard's own port; a side that moved binds anew likewise. The relay sees sealed
// bytes and nothing else. Spec: docs/links.md, "Relays".

import type { Key } from '../proto/ids.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import {
  REBIND_SILENCE_MS,
  RELAY_IDLE_MS,
  RELAY_PAIRS_PER_MEMBER_MAX,
  RELAY_PORT_FIRST,
  RELAY_PORT_LAST,
} from './link-limits.ts';
import type { LeaseCode } from './link-refusals.ts';
import { isInitiationFor } from './mac1.ts';

export interface Bound {
  readonly source: string;
  /** Of its last packet. */
  readonly atMs: number;
}
export interface LeaseSide {
  readonly member: Key;
  readonly port: number;
  /** `mac1Key` of the other side: what an initiation of this one is made with. */
  readonly otherMac: Uint8Array;
  readonly bound: Bound | null;
}
export interface PairLease {
  readonly sides: readonly [LeaseSide, LeaseSide];
  /** Of the last packet that was carried, or of the lease itself. */
  readonly usedMs: number;
}
export interface Leases {
  readonly pairs: readonly PairLease[];
  /** Where the search for free ports goes on: a port comes back as late as possible. */
  readonly nextPort: number;
}
export const NO_LEASES: Leases = { pairs: [], nextPort: RELAY_PORT_FIRST };

export interface Party {
  readonly member: Key;
  readonly macKey: Uint8Array;
}

/** The lease of these two: the one they have, or a new one. */
export function leaseFor(
  leases: Leases,
  [asker, other]: readonly [Party, Party],
  nowMs: number,
): Result<{ leases: Leases; lease: PairLease }, LeaseCode> {
  if (asker.member === other.member) return refuse('relay-stranger');
  const has = (pair: PairLease, member: Key): boolean =>
    pair.sides.some((side) => side.member === member);
  const held = leases.pairs.find((pair) => has(pair, asker.member) && has(pair, other.member));
  if (held !== undefined) {
    const keyOf = (member: Key): Uint8Array => (member === asker.member ? asker : other).macKey;
    const lease = { ...withKeys(held, keyOf), usedMs: nowMs };
    return ok({ leases: replaced(leases, held, lease), lease });
  }
  const its = leases.pairs.filter((pair) => has(pair, asker.member));
  if (its.length >= RELAY_PAIRS_PER_MEMBER_MAX) return refuse('relay-too-many');
  const port = freePort(leases);
  if (port === null) return refuse('relay-full');
  const side = ({ member }: Party, of: Party, at: number): LeaseSide => {
    return { member, port: at, otherMac: of.macKey, bound: null };
  };
  const lease: PairLease = {
    sides: [side(asker, other, port), side(other, asker, port + 1)],
    usedMs: nowMs,
  };
  return ok({ leases: { pairs: [...leases.pairs, lease], nextPort: port + 2 }, lease });
}

/** The same lease after a side has changed its key. */
function withKeys(lease: PairLease, keyOf: (member: Key) => Uint8Array | null): PairLease {
  const [one, two] = lease.sides;
  return {
    ...lease,
    sides: [
      { ...one, otherMac: keyOf(two.member) ?? one.otherMac },
      { ...two, otherMac: keyOf(one.member) ?? two.otherMac },
    ],
  };
}

export function sideOf({ sides }: PairLease, member: Key): LeaseSide {
  return sides[0].member === member ? sides[0] : sides[1];
}

function replaced(leases: Leases, old: PairLease, lease: PairLease): Leases {
  return { ...leases, pairs: leases.pairs.map((pair) => (pair === old ? lease : pair)) };
}

function freePort({ pairs, nextPort }: Leases): number | null {
  const taken = new Set(pairs.map(({ sides }) => sides[0].port));
  const count = (RELAY_PORT_LAST - RELAY_PORT_FIRST + 1) / 2;
  const start = (nextPort - RELAY_PORT_FIRST) / 2;
  for (let i = 0; i < count; i++) {
    const port = RELAY_PORT_FIRST + 2 * ((start + i) % count);
    if (!taken.has(port)) return port;
  }
  return null;
}

/**
 * What a packet on one side of a lease does: where it goes, and the lease after it. Null: it is not
 * of this pair, and is dropped. A packet of a bound source goes on to where the other is bound.
 */
export function carried(
  lease: PairLease,
  port: number,
  source: string,
  packet: Uint8Array,
  nowMs: number,
): { lease: PairLease; to: { port: number; source: string } | null } | null {
  const at = lease.sides[0].port === port ? 0 : 1;
  const [mine, other] = [lease.sides[at], lease.sides[1 - at] as LeaseSide];
  const { bound } = mine;
  if (bound?.source !== source) {
    // Whoever holds the path keeps it: only a silent source is replaced.
    if (bound !== null && nowMs - bound.atMs < REBIND_SILENCE_MS) return null;
    if (!isInitiationFor(mine.otherMac, packet)) return null;
  }
  const side: LeaseSide = { ...mine, bound: { source, atMs: nowMs } };
  const sides: PairLease['sides'] = at === 0 ? [side, other] : [other, side];
  const to = other.bound === null ? null : { port: other.port, source: other.bound.source };
  return { lease: { sides, usedMs: nowMs }, to };
}

/**
 * Without those that are idle and those of whoever is no member any more; the others with the keys
 * of now. `macKeyOf` knows members only.
 */
export function swept(
  leases: Leases,
  macKeyOf: (member: Key) => Uint8Array | null,
  nowMs: number,
): { leases: Leases; ended: readonly PairLease[] } {
  const stays = ({ sides, usedMs }: PairLease): boolean =>
    nowMs - usedMs < RELAY_IDLE_MS && sides.every(({ member }) => macKeyOf(member) !== null);
  const ended = leases.pairs.filter((pair) => !stays(pair));
  const pairs = leases.pairs.filter(stays).map((pair) => withKeys(pair, macKeyOf));
  return { leases: { ...leases, pairs }, ended };
}
