// What a member says on its local network so that others of its network find it there without the
// rest of the world. Whoever knows the ledger's id can check the tags; a stranger sees random
// bytes, the port, and not even whether two beacons are of one node. It is a hint and no proof:
// WireGuard proves who answers. Spec: docs/links.md, "The LAN beacon".

import { blake2s } from '../proto/blake.ts';
import { concat, fromBase64url, sameBytes, utf8 } from '../proto/bytes.ts';
import type { Key, RecordId } from '../proto/ids.ts';
import { LAN_BEACON_BYTES, LAN_MS, LAN_PER_PEER_MAX, LAN_PER_SECOND_MAX } from './link-limits.ts';
import { lacksLink, scopeOf } from './scope.ts';

const MAGIC = utf8('kithlan1');
export const BEACON_NONCE_BYTES = 16;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + 1 + 2 + BEACON_NONCE_BYTES;
const KEY_LABEL = utf8('kith-lan-v1\n');
const NETWORK_LABEL = utf8('network\n');
const NODE_LABEL = utf8('node\n');

/** The key of all tags of one network. */
export function beaconKey(ledger: RecordId): Uint8Array {
  return blake2s(32, concat(KEY_LABEL, fromBase64url(ledger) as Uint8Array));
}

/** `wantsAnswer`: its sender has just come and would hear the others now. */
export function encodeLanBeacon(
  key: Uint8Array,
  self: { readonly node: Key; readonly port: number; readonly wantsAnswer: boolean },
  nonce: Uint8Array,
): Uint8Array {
  const { port } = self;
  const flags = self.wantsAnswer ? 1 : 0;
  const head = concat(MAGIC, Uint8Array.of(flags, port >> 8, port & 255), nonce);
  return concat(head, networkTag(key, head), nodeTag(key, head, self.node));
}

function networkTag(key: Uint8Array, head: Uint8Array): Uint8Array {
  return blake2s(TAG_BYTES, concat(NETWORK_LABEL, head), key);
}

function nodeTag(key: Uint8Array, head: Uint8Array, node: Key): Uint8Array {
  return blake2s(TAG_BYTES, concat(NODE_LABEL, head, fromBase64url(node) as Uint8Array), key);
}

export interface LanBeacon {
  readonly node: Key;
  readonly port: number;
  readonly wantsAnswer: boolean;
}

/** The member that a beacon is of; null for one of another network, or of no member. */
export function readLanBeacon(
  key: Uint8Array,
  members: Iterable<Key>,
  bytes: Uint8Array,
): LanBeacon | null {
  if (bytes.length !== LAN_BEACON_BYTES) return null;
  const head = bytes.subarray(0, HEAD_BYTES);
  if (!sameBytes(head.subarray(0, MAGIC.length), MAGIC)) return null;
  const [flags, high, low] = head.subarray(MAGIC.length) as unknown as [number, number, number];
  const port = (high << 8) | low;
  // The cheap look first: a stranger's beacon costs one hash.
  const tag = bytes.subarray(HEAD_BYTES, HEAD_BYTES + TAG_BYTES);
  if (port === 0 || !sameBytes(tag, networkTag(key, head))) return null;
  const named = bytes.subarray(HEAD_BYTES + TAG_BYTES);
  for (const node of members) {
    if (sameBytes(named, nodeTag(key, head, node))) {
      return { node, port, wantsAnswer: (flags & 1) === 1 };
    }
  }
  return null;
}

/** Who was heard on the local network, where, and when. */
export interface Lan {
  readonly heard: readonly {
    readonly node: Key;
    readonly endpoint: string;
    readonly atMs: number;
  }[];
  /** Beacons looked at in the second that began then. */
  readonly looked: { readonly sinceMs: number; readonly count: number };
}
export const NOBODY_HEARD: Lan = { heard: [], looked: { sinceMs: 0, count: 0 } };

/** Counts a look at a beacon; null where this second has had its share. */
export function looking(lan: Lan, nowMs: number): Lan | null {
  const { sinceMs, count } = lan.looked;
  if (nowMs - sinceMs >= 1_000) return { ...lan, looked: { sinceMs: nowMs, count: 1 } };
  return count >= LAN_PER_SECOND_MAX ? null : { ...lan, looked: { sinceMs, count: count + 1 } };
}

/** `endpoint`: the source of the beacon, with the port that it names. */
export function withHeard(lan: Lan, node: Key, endpoint: string, nowMs: number): Lan {
  if (scopeOf(endpoint) === 'none') return lan;
  const fresh = lan.heard.filter(({ atMs }) => nowMs - atMs < LAN_MS);
  const others = fresh.filter((one) => one.node !== node || one.endpoint !== endpoint);
  const its = others.filter((one) => one.node === node);
  const tooMany = its.length >= LAN_PER_PEER_MAX ? its[0] : undefined;
  const heard = [...others.filter((one) => one !== tooMany), { node, endpoint, atMs: nowMs }];
  return { ...lan, heard };
}

/** A link-local endpoint with the link over which its beacon came, where that is not said. */
export function withLink({ heard }: Lan, endpoint: string): string {
  if (!lacksLink(endpoint)) return endpoint;
  const its = heard.findLast((one) => one.endpoint.replace(/%[^\]]*/, '') === endpoint);
  return its?.endpoint ?? endpoint;
}

/** Where a peer is on our local network, the latest first; empty: it was not heard there. */
export function onLan({ heard }: Lan, node: Key, nowMs: number): string[] {
  const its = heard.filter((one) => one.node === node && nowMs - one.atMs < LAN_MS);
  return its.map(({ endpoint }) => endpoint).reverse();
}
