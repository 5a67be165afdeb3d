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
/** Of the interface: what fits into 1,500 bytes behind the headers of IPv6, UDP and WireGuard. */
export const MTU_MOST = 1_420;
/**
 * What a path may carry, the largest first. WireGuard pads to 16 bytes, never above the interface.
 * Over IPv4 1,420 fits PPPoE (1,492) and tunnels of 1,480; over IPv6 PPPoE gets 1,408. The rest is
 * for clouds (1,460, 1,450) and mobile networks (1,430, 1,400).
 */
export const MTU_SIZES: readonly number[] = [MTU_MOST, 1_408, 1_392, 1_376, 1_360, 1_328, 1_312];
/** Around a packet of the mesh: WireGuard's header and tag, UDP, and IPv4 or IPv6. */
export const OUTER_IPV4_BYTES = 60;
export const OUTER_IPV6_BYTES = 80;
/** Before a new path is measured: one that does not last is not worth it. */
export const MTU_SETTLE_MS = 5_000;
/** A path that could not be raised: its router may have been busy. Doubled, as for links. */
export const MTU_AGAIN_MS = 60_000;
export const MTU_AGAIN_MS_MAX: number = 60 * 60_000;
/** Between two echoes over a raised path: large packets may stop passing without a word. */
export const MTU_CHECK_MS: number = 5 * 60_000;
/** Seconds. NATs forget a silent UDP flow after 30 s at the earliest. */
export const KEEPALIVE_S = 25;
/** Seconds, while a path is being opened: WireGuard takes no less. */
export const KEEPALIVE_PUNCH_S = 1;
/** Where a network's ledger names no other. */
export const IPV4_RANGE_DEFAULT = '10.73.0.0/16';

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

/** Ports from here on are those that a guest opens for itself: Linux takes 32,768 and above. */
export const GUEST_PORT_MIN = 32_768;
