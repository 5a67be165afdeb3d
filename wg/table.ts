// The wanted table: what the ledger, and whoever looks for paths, want the interface to hold. It is
// computed whole and without overlaps before anything is written, since WireGuard moves a prefix
// from one peer to another without a word. Spec: docs/mesh.md, "Wanted and actual".

import { assert } from '../proto/assert.ts';
import { fromBase64url, toBase64url } from '../proto/bytes.ts';
import type { Key } from '../proto/ids.ts';
import { montgomeryForms } from '../proto/x25519.ts';
import { canonicalEndpoint, covers, formatIp, type Prefix, parseIp, parsePrefix } from './ip.ts';
import { KEEPALIVE_S, NODE_BITS } from './limits.ts';
import type { TableCode } from './refusals.ts';

/** What the table needs of a node: a part of the roster's row. */
export interface PeerRow {
  readonly key: Key;
  /** Its WireGuard key as the ledger has it, in Ed25519 form. */
  readonly wg: Key | null;
  /** Its /96, and its IPv4 address where it holds one. */
  readonly prefix: string;
  readonly ipv4: string | null;
}

/** How a node is called: by who looks for paths. */
export interface Dial {
  readonly endpoint: string | null;
  /**
   * Turn the peer there whatever WireGuard has learned; otherwise the endpoint is only where to
   * begin, and a peer that roams is followed.
   */
  readonly pinned: boolean;
  readonly keepaliveS: number;
  /**
   * During a rotation: the older key, which keeps the node's prefixes until the new one has shaken
   * hands. The new one is then a peer without any.
   */
  readonly carrier: Key | null;
}

export const QUIET_DIAL: Dial = {
  endpoint: null,
  pinned: false,
  keepaliveS: KEEPALIVE_S,
  carrier: null,
};

/** A peer as it should be. `publicKey` is base64, as `wg` has it. */
export interface WantedPeer {
  readonly publicKey: string;
  readonly node: Key;
  readonly allowed: readonly string[];
  readonly endpoint: string | null;
  readonly pinned: boolean;
  readonly keepaliveS: number;
}

export interface TableRefusal {
  readonly node: Key;
  readonly code: TableCode;
  readonly detail: string;
}

export interface Own {
  /** Of the WireGuard key of this machine, base64. */
  readonly publicKey: string;
  readonly listenPort: number;
}

interface Made {
  readonly row: PeerRow;
  readonly dial: Dial;
  readonly network: string;
  readonly peers: readonly WantedPeer[];
  readonly refused: readonly TableRefusal[];
}

export interface Table {
  readonly own: Own;
  /** By public key. */
  readonly peers: ReadonlyMap<string, WantedPeer>;
  readonly refused: readonly TableRefusal[];
  /** What was made of each row, so that the next table costs only what differs. */
  readonly made: ReadonlyMap<Key, Made>;
}

export interface TableInput {
  readonly network: string;
  readonly own: Own;
  /** The other members, the senior first. A row that has not changed is the same object. */
  readonly rows: readonly PeerRow[];
  /** A node that is not in here gets QUIET_DIAL. */
  readonly dials: ReadonlyMap<Key, Dial>;
}

export function wantedTable(input: TableInput, last: Table | null = null): Table {
  const made = new Map<Key, Made>();
  const peers = new Map<string, WantedPeer>();
  const refused: TableRefusal[] = [];
  const prefixes = new Set<string>();
  const publicKeys = publicKeysOf(input, last);
  const network = { text: input.network, prefix: parsePrefix(input.network) };
  for (const row of input.rows) {
    const dial = input.dials.get(row.key) ?? QUIET_DIAL;
    const one = madeBefore(input, last, row, dial) ?? makeRow(row, dial, network, publicKeys);
    made.set(row.key, one);
    if (one.refused.length > 0) refused.push(...one.refused);
    for (const peer of one.peers) {
      const fault = clashOf(peer, input.own, peers, prefixes);
      if (fault !== null) {
        refused.push(fault);
        continue;
      }
      peers.set(peer.publicKey, peer);
      for (const prefix of peer.allowed) prefixes.add(prefix);
    }
  }
  return { own: input.own, peers, refused, made };
}

function madeBefore(
  { network }: TableInput,
  last: Table | null,
  row: PeerRow,
  dial: Dial,
): Made | null {
  const before = last?.made.get(row.key);
  if (before?.row !== row || before.network !== network) return null;
  return isSameDial(before.dial, dial) ? before : null;
}

function isSameDial(a: Dial, b: Dial): boolean {
  if (a === b) return true;
  return (
    a.endpoint === b.endpoint &&
    a.pinned === b.pinned &&
    a.keepaliveS === b.keepaliveS &&
    a.carrier === b.carrier
  );
}

// A table holds /96 of one network and /32 only, so that two of them overlap where they are equal.
function clashOf(
  peer: WantedPeer,
  own: Own,
  peers: ReadonlyMap<string, WantedPeer>,
  prefixes: ReadonlySet<string>,
): TableRefusal | null {
  const { node, publicKey, allowed } = peer;
  if (publicKey === own.publicKey) return { node, code: 'wg-key-own', detail: publicKey };
  const holder = peers.get(publicKey);
  if (holder !== undefined) return { node, code: 'wg-key-twice', detail: holder.node };
  const twice = allowed.find((prefix) => prefixes.has(prefix));
  return twice === undefined ? null : { node, code: 'wg-prefix-twice', detail: twice };
}

interface Network {
  readonly text: string;
  readonly prefix: Prefix | null;
}

// A thousand of these are made at a start: objects are written out, which is many times cheaper
// than spreading them.
function makeRow(
  row: PeerRow,
  dial: Dial,
  { text: network, prefix }: Network,
  publicKeys: ReadonlyMap<Key, string | null>,
): Made {
  const { key: node, wg } = row;
  if (wg === null) return { row, dial, network, peers: NOBODY, refused: NOTHING };
  const allowed = allowedOf(row, prefix);
  if (allowed === null) {
    const refused = [{ node, code: 'wg-prefix-foreign' as const, detail: row.prefix }];
    return { row, dial, network, peers: NOBODY, refused };
  }
  const endpoint = dial.endpoint === null ? null : canonicalEndpoint(dial.endpoint);
  const refused: TableRefusal[] = [];
  if (endpoint === null && dial.endpoint !== null) {
    refused.push({ node, code: 'wg-endpoint-name', detail: dial.endpoint });
  }
  const pinned = dial.pinned && endpoint !== null;
  const { keepaliveS, carrier } = dial;
  const peers: WantedPeer[] = [];
  const add = (key: Key, prefixes: readonly string[]): void => {
    const publicKey = publicKeys.get(key) ?? null;
    if (publicKey === null) refused.push({ node, code: 'wg-key-unusable', detail: key });
    else peers.push({ publicKey, node, allowed: prefixes, endpoint, pinned, keepaliveS });
  };
  const isCarried = carrier !== null && carrier !== wg;
  if (isCarried) add(carrier, allowed);
  add(wg, isCarried ? [] : allowed);
  return { row, dial, network, peers, refused: refused.length === 0 ? NOTHING : refused };
}

const NOBODY: readonly WantedPeer[] = [];
const NOTHING: readonly TableRefusal[] = [];

function allowedOf({ prefix, ipv4 }: PeerRow, network: Prefix | null): string[] | null {
  const inner = parsePrefix(prefix);
  if (network === null || inner?.bits !== NODE_BITS || !covers(network, inner)) return null;
  // Its one text, as `wg` prints it.
  if (`${formatIp(inner.bytes)}/${NODE_BITS}` !== prefix) return null;
  return ipv4 === null || parseIp(ipv4)?.length !== 4 ? [prefix] : [prefix, `${ipv4}/32`];
}

/** The text that `wg` has for a key in Ed25519 form, or null where it has none. */
export function wireguardKeys(keys: readonly Key[]): (string | null)[] {
  return montgomeryForms(keys.map(bytesOf)).map((bytes) => bytes && base64Of(bytes));
}

/** Base64 with its padding, as `wg` reads and prints keys. */
export function base64Of(key: Uint8Array): string {
  const text = toBase64url(key).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

// Only keys that no row of the last table had: converting costs most of all.
function publicKeysOf(input: TableInput, last: Table | null): ReadonlyMap<Key, string | null> {
  const fresh = new Set<Key>();
  for (const row of input.rows) {
    const dial = input.dials.get(row.key) ?? QUIET_DIAL;
    if (madeBefore(input, last, row, dial) !== null) continue;
    if (row.wg !== null) fresh.add(row.wg);
    if (dial.carrier !== null) fresh.add(dial.carrier);
  }
  const keys = [...fresh];
  const texts = wireguardKeys(keys);
  return new Map(keys.map((key, i) => [key, texts[i] ?? null]));
}

function bytesOf(key: Key): Uint8Array {
  const bytes = fromBase64url(key);
  assert(bytes !== null, 'a key is base64url');
  return bytes;
}
