// The bounds of the mesh in the shell, each with its reason.

/** Between two looks around: a network that this machine has moved to is seen by then. */
export const LOOK_MS = 5_000;
/**
 * Between two looks at the interface while no link wants anything: what somebody changed by hand
 * is put right by then, and heartbeats say that the rest works. Each reads all of it, 3 ms for
 * fifty peers.
 */
export const QUIET_MS = 10_000;
/**
 * Peers whose last endpoints are kept for a cold start, and how many of each: on a LAN an address
 * of each family, and two of before.
 */
export const KEPT_LINKS_MAX = 4_096;
export const KEPT_ENDPOINTS_MAX = 4;
export const KEPT_BYTES_MAX: number = KEPT_LINKS_MAX * (64 + KEPT_ENDPOINTS_MAX * 64);
/** How often what is kept is written while it changes: losing that much costs one more search. */
export const KEEP_EVERY_MS = 30_000;
/** Alarms that are shown; the newest stay. */
export const ALARMS_MAX = 16;
/** Nobody was heard for so long: six heartbeats missed. What it missed is to be read first. */
export const AWAY_MS = 62_000;
/** How long a member says that the new key of another is set up here. */
export const ROTATION_TOLD_MS = 600_000;
/** How long what this machine's interfaces say is taken for true. */
export const OWN_MS = 1_000;
/** Between two looks at what is slow to change: routes, and the facts of links that work. */
export const SLOW_MS = 30_000;
/**
 * How often the time of a round trip is measured over a link that works: it is of the path, and a
 * new path is measured at once. Each costs two heartbeats more, signed and checked.
 */
export const RTT_EVERY_MS = 300_000;
/** An answer that comes later was an ordinary heartbeat. */
export const RTT_MS_MAX = 5_000;
/** A mesh that could not be raised is tried again after so long: somebody may have installed it. */
export const RAISE_AGAIN_MS = 60_000;
/**
 * For a peer to answer a ping: a handshake through a relay, and one retry of WireGuard after it.
 */
export const PING_WAIT_MS = 10_000;
/** A name of a peer that was looked up is looked up again: dynamic DNS turns within minutes. */
export const RESOLVED_MS = 60_000;
export const NAMES_AT_ONCE_MAX = 8;
/** Between two looks while a path is being looked for: a handshake is seen at once. */
export const LOOK_SOON_MS = 200;
/** How often what peers know of the addresses of others is told: every heartbeat has room for 8. */
export const SIGHTINGS_TOLD_MAX = 8;
/** What a ping sends there and back: as much as a small packet. */
export const ECHO_BYTES = 56;
/** Between two looks for the first packet under a new key of a peer: less than two of a call. */
export const LOOK_AT_KEY_MS = 3;
/** A handshake that is no older has come since the link decided to look elsewhere. */
export const JUST_COME_S = 1.5;
