// The bounds of the mesh in the shell, each with its reason.

/** Where members speak to each other on the mesh: the peer API over TCP, heartbeats over UDP. */
export const MESH_PORT = 7_446;
/** Between two looks at the interface: what somebody changed by hand is put right by then. */
export const LOOK_MS = 5_000;
/** Roots and endpoints that were good last, kept for a cold start: one line for each peer. */
export const KEPT_BYTES_MAX: number = 1024 * 1024;
/** How often what is kept is written while it changes: losing that much costs one more search. */
export const KEEP_EVERY_MS = 30_000;
/** Alarms that are shown; the newest stay. */
export const ALARMS_MAX = 16;
/** A mesh that could not be raised is tried again after so long: somebody may have installed it. */
export const RAISE_AGAIN_MS = 60_000;
/**
 * For a peer to answer a ping: a handshake through a relay, and one retry of WireGuard after it.
 */
export const PING_WAIT_MS = 10_000;
