// The addresses of a network, derived from its ledger and its nodes' keys, so that nobody allocates
// one and every member computes the same. FROZEN: another derivation is another version, under
// another label. Spec: docs/mesh.md, "Addresses"; values in fixtures/wg/addresses.json.

import { assert } from '../proto/assert.ts';
import { concat, fromBase64url, toHex, utf8 } from '../proto/bytes.ts';
import type { Key, RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { covers, formatIp, parseIp, parsePrefix } from './ip.ts';
import { INTERFACE_DIGITS, NETWORK_BYTES, NODE_BITS, NODE_BYTES, SALTS_MAX } from './limits.ts';

const NETWORK_LABEL = utf8('kith-network-v1\n');
const NODE_LABEL = utf8('kith-node-v1\n');
const INTERFACE_LABEL = utf8('kith-interface-v1\n');
const NETWORK_BITS = 48;

type Hash = Pick<Platform, 'sha256'>;

/** `fd…::/48`. */
export function networkPrefix(ledger: RecordId, platform: Hash): string {
  return `${formatIp(networkBytes(ledger, platform))}/${NETWORK_BITS}`;
}

function networkBytes(ledger: RecordId, platform: Hash): Uint8Array {
  const digest = platform.sha256(concat(NETWORK_LABEL, bytesOf(ledger)));
  const out = new Uint8Array(16);
  out[0] = 0xfd;
  out.set(digest.subarray(0, NETWORK_BYTES), 1);
  return out;
}

/** The /96 of a node. The salt is 0 unless a senior node has that prefix: see nodePrefixes. */
export function nodePrefix(ledger: RecordId, node: Key, salt: number, platform: Hash): string {
  return prefixesIn(ledger, platform)(node, salt);
}

/** What is the same for all nodes is made once. */
function prefixesIn(ledger: RecordId, platform: Hash): (node: Key, salt: number) => string {
  const bytes = networkBytes(ledger, platform);
  const head = concat(NODE_LABEL, bytesOf(ledger));
  return (node, salt) => {
    const text = concat(head, bytesOf(node), Uint8Array.of(salt));
    bytes.set(platform.sha256(text).subarray(0, NODE_BYTES), 1 + NETWORK_BYTES);
    return `${formatIp(bytes)}/${NODE_BITS}`;
  };
}

/**
 * The prefix of every node. `nodes` are all that the ledger ever admitted, removed ones too, the
 * senior first: an address is never another's later, and of two that meet the junior moves.
 */
export function nodePrefixes(
  ledger: RecordId,
  nodes: readonly Key[],
  platform: Hash,
): ReadonlyMap<Key, string> {
  const prefixOfNode = prefixesIn(ledger, platform);
  const taken = new Set<string>();
  const prefixes = new Map<Key, string>();
  for (const node of nodes) {
    let salt = 0;
    let prefix = prefixOfNode(node, salt);
    while (taken.has(prefix)) {
      assert(++salt < SALTS_MAX, 'a node has a free prefix among its salts');
      prefix = prefixOfNode(node, salt);
    }
    taken.add(prefix);
    prefixes.set(node, prefix);
  }
  return prefixes;
}

/** The node's own address in its prefix: the first. All others of the prefix are its guests'. */
export function nodeAddress(prefix: string): string {
  const parsed = parsePrefix(prefix);
  assert(parsed !== null && parsed.bits === NODE_BITS, 'a node has a prefix of 96 bits');
  const bytes = parsed.bytes.slice();
  bytes[15] = 1;
  return formatIp(bytes);
}

/**
 * The /96 that an address of this network lies in, or null where it lies elsewhere. Says nothing of
 * who speaks: only a node address does, see isNodeAddress.
 */
export function prefixOf(network: string, address: string): string | null {
  const [outer, bytes] = [parsePrefix(network), parseIp(address)];
  if (outer === null || bytes === null || bytes.length !== 16) return null;
  if (!covers(outer, { bytes, bits: 128 })) return null;
  return `${formatIp(bytes.slice().fill(0, 12))}/${NODE_BITS}`;
}

/** Exactly `::1` of a /96 in this network. A guest's address never stands for its node. */
export function isNodeAddress(network: string, address: string): boolean {
  const prefix = prefixOf(network, address);
  if (prefix === null) return false;
  const low = (parseIp(address) as Uint8Array).subarray(12);
  return low[0] === 0 && low[1] === 0 && low[2] === 0 && low[3] === 1;
}

const INTERFACE_NAME = new RegExp(`^kith[0-9a-f]{${INTERFACE_DIGITS}}$`, 'u');

/** The name of the interface: two networks, or two nodes, on one machine have each its own. */
export function interfaceName(ledger: RecordId, node: Key, platform: Hash): string {
  const digest = platform.sha256(concat(INTERFACE_LABEL, bytesOf(ledger), bytesOf(node)));
  return `kith${toHex(digest).slice(0, INTERFACE_DIGITS)}`;
}

/** Whether a name may be that of any mesh of this program. */
export function isInterfaceName(name: string): boolean {
  return INTERFACE_NAME.test(name);
}

function bytesOf(id: RecordId | Key): Uint8Array {
  const bytes = fromBase64url(id);
  assert(bytes !== null, 'an id is base64url');
  return bytes;
}
