// The bounds of the ceremony's effects, each with its reason. Those of the ceremony itself stand in
// pairing/limits.ts.

/** Sockets of a window: eight runs, and as many again that are being turned away, four times. */
export const WINDOW_SOCKETS_MAX = 40;
/** For a socket that we have closed to be gone: a peer that never reads must not hold it. */
export const CLOSING_MS_MAX = 2_000;
/** For a new machine to take our connection: two SYNs lost. */
export const CONNECT_MS_MAX = 10_000;
/** Where a window is open unless told otherwise; any other port where that one is taken. */
export const WINDOW_PORT = 7_448;
/** Failures of runs that a console is told of, one by one: a stranger can cause them all day. */
export const FAILURES_TOLD_MAX = 64;
/** genesis.json: a count, and eight pledges of 200 bytes. */
export const KEPT_BYTES_MAX: number = 8 * 1024;
/** A window that a person asks for may be shorter than the ceremony allows; not by this much. */
export const WINDOW_SECONDS_MIN = 1;
/** For another command on this machine to have written: two admissions at once take turns. */
export const LOCK_WAIT_MS_MAX = 20_000;
/** Between two looks at whether it has. */
export const LOOK_AGAIN_MS = 50;
