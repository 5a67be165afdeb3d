// Where others can reach this machine, and when that is worth a record: pure, so that every history
// of interfaces can be tried. A node has 4,096 records in its life and its addresses may flap for
// ever, so a change must stay for a while, and the fewer places are left, the longer between two.
// Spec: docs/daemon.md, "Where this machine is".

import { isIPv6 } from 'node:net';
import { ENDPOINTS_MAX } from '../../ledger/limits.ts';
import type { Key } from '../../proto/ids.ts';
import { isEndpoint } from '../../proto/names.ts';
import { ENDPOINT_GAPS, ENDPOINT_IPV4_MAX, ENDPOINT_SETTLE_MS } from './limits.ts';

/** An address of an interface, as the system tells it. */
export interface OwnAddress {
  readonly name: string;
  readonly address: string;
  readonly internal: boolean;
}

export interface Ways {
  readonly addresses: readonly OwnAddress[];
  /** Where the door listens. */
  readonly door: { readonly host: string; readonly port: number };
  /** What a person has named: a forwarded port, a name in a DNS. It comes first. */
  readonly named: readonly string[];
}

/** Links that lead to containers, guests or the mesh itself, and to nobody outside. */
const INWARD = /^(kith|docker|br-|veth|virbr|vnet|lxc|lxd|podman|cni|cali|flannel)/;

/** What others may dial, best first: at most as many as a record holds. */
export function reachableAt({ addresses, door, named }: Ways): readonly string[] {
  const outward = addresses
    .filter(({ name, internal }) => !internal && !INWARD.test(name))
    .map(({ address }) => address.toLowerCase());
  const ipv4 = outward.filter((one) => !isIPv6(one)).toSorted();
  const ipv6 = outward.filter((one) => isIPv6(one)).toSorted(globalFirst);
  const own = [...ipv4.slice(0, ENDPOINT_IPV4_MAX), ...ipv6].filter(
    (one) => isFromOutside(one) && isListenedAt(door.host, one),
  );
  const texts = own.map((one) => `${isIPv6(one) ? `[${one}]` : one}:${door.port}`);
  return [...new Set([...named, ...texts])].filter(isEndpoint).slice(0, ENDPOINTS_MAX);
}

function isListenedAt(host: string, address: string): boolean {
  if (host === '::') return true;
  return host === '0.0.0.0' ? !isIPv6(address) : host.toLowerCase() === address;
}

/** Neither loopback nor link-local, nor what is no machine's. */
function isFromOutside(address: string): boolean {
  return isIPv6(address)
    ? !/^(::|fe[89ab]|ff)/.test(address)
    : !/^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|2[45]\d\.)/.test(address);
}

/** Addresses of one's own network (ULA) after those of the world. */
function globalFirst(a: string, b: string): number {
  const [ofA, ofB] = [a, b].map((one) => /^f[cd]/.test(one));
  if (ofA !== ofB) return ofA ? 1 : -1;
  return a < b ? -1 : 1;
}

export interface Publishing {
  /** What was seen last, and since when it has been so. */
  readonly seen: readonly string[];
  readonly sinceMs: number;
  readonly wroteAtMs: number | null;
}

export const NOTHING_PUBLISHED: Publishing = {
  seen: [],
  sinceMs: Number.NEGATIVE_INFINITY,
  wroteAtMs: null,
};

export interface Sight {
  readonly reachable: readonly string[];
  /** What the ledger says of this node. */
  readonly stated: readonly string[];
  /** Whether what this replica knows of this node is the newest, as far as it can be known. */
  readonly isCurrent: boolean;
  /** Records that this node may still write. */
  readonly places: number;
  /** A clock that does not jump. */
  readonly atMs: number;
}

/**
 * Whether one of those who were members at the start, and still are, holds the same; or nobody was.
 * Who came later may have all that it holds from here, and so says nothing of what we have lost.
 */
export function isWitnessed(elders: readonly Key[], agreeing: ReadonlySet<Key>): boolean {
  return elders.length === 0 || elders.some((key) => agreeing.has(key));
}

/** What to do at this sight: the list to write, or null. */
export function published(
  before: Publishing,
  sight: Sight,
): { readonly state: Publishing; readonly write: readonly string[] | null } {
  const { reachable, stated, isCurrent, places, atMs } = sight;
  const isNew = !isSame(before.seen, reachable);
  const state = isNew ? { ...before, seen: reachable, sinceMs: atMs } : before;
  const gapMs = ENDPOINT_GAPS.find(({ above }) => places > above)?.gapMs ?? null;
  const { wroteAtMs, sinceMs } = state;
  const mayWrite =
    gapMs !== null &&
    isCurrent &&
    // Who cannot be reached at all keeps what was true: it costs others a dial, and may be again.
    reachable.length > 0 &&
    !isSame(reachable, stated) &&
    atMs - sinceMs >= ENDPOINT_SETTLE_MS &&
    (wroteAtMs === null || atMs - wroteAtMs >= gapMs);
  if (!mayWrite) return { state, write: null };
  return { state: { ...state, wroteAtMs: atMs }, write: reachable };
}

/** The same addresses, in whatever order. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
