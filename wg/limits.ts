// The bounds and fixed numbers of the mesh interface, each with its reason. Those marked FROZEN are
// part of how addresses are derived: another value is another network. Spec: docs/mesh.md.

/** FROZEN. Bits of the digest of the ledger in the network's prefix: RFC 4193 has room for 40. */
export const NETWORK_BYTES = 5;
/** FROZEN. Of a node's digest: two of 1,000 nodes meet with a chance of 2e-9. */
export const NODE_BYTES = 6;
/** FROZEN. Of a node's prefix: 32 are left for its guests, and for itself the first of them. */
export const NODE_BITS = 96;
/** FROZEN. Salts tried for one node, one byte of them; the second is already needed by nobody. */
export const SALTS_MAX = 256;

/** Before a path was probed: IPv6 demands that every link carries as much. */
export const MTU_FIRST = 1_280;
/** Seconds. NATs forget a silent UDP flow after 30 s at the earliest. */
export const KEEPALIVE_S = 25;
/** Seconds, while a path is being opened: WireGuard takes no less. */
export const KEEPALIVE_PUNCH_S = 1;
/** Where a network's ledger names no other. */
export const IPV4_RANGE_DEFAULT = '10.88.0.0/16';

/** A peer in a dump: two keys, an endpoint, numbers, and a few hundred prefixes of 24 bytes. */
export const DUMP_LINE_BYTES_MAX: number = 16 * 1024;
/** The kernel's own bound on the name of an interface, without its final zero. */
export const INTERFACE_CHARS_MAX = 15;
/** Hex digits behind `kith`: two interfaces of one machine meet with a chance of 6e-8. */
export const INTERFACE_DIGITS = 6;
/**
 * Peers that one call of `wg` adds: 250 bytes each, so 64 KiB of the 2 MiB that Linux takes, and a
 * removal waits no longer than for one of them.
 */
export const PEERS_A_CALL_MAX = 256;
