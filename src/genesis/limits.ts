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

/** How long `kith join` asks for an admission that it has accepted, before it shows a new code. */
export const SEEK_MS_MAX = 5_000;
/** Doors that a machine with a ticket tries: its hints, and the first that the ledger names. */
export const TICKET_DOORS_MAX = 64;

/** Of the eight addresses in a ticket those of the machine that made it: others may outlive it. */
export const OWN_HINTS_MAX = 4;
/** Pages of a delivery in memory: the daemon checks the last of them while the first is judged. */
export const PAGES_AT_ONCE_MAX = 4;
/** Pages that the daemon checks ahead at once: it starts its threads while as many come. */
export const CHECKS_AHEAD_MAX = 8;

/** What is made up to be judged while a code is typed: enough for the compiler to see it as hot. */
export const REHEARSED_RECORDS = 400;

/** Where beacons are broadcast. */
export const BEACON_PORT = 7_449;
/** Between two beacons: somebody who looks for two seconds hears one. */
export const BEACON_EVERY_MS = 1_000;
/** A beacon has 150 bytes; a longer datagram is none. */
export const BEACON_BYTES_MAX = 512;
/** A datagram of mDNS that an Ethernet carries whole. */
export const MDNS_BYTES_MAX = 1_500;
/** Records looked at in one of them. */
export const MDNS_RECORDS_MAX = 32;
/** Between two answers of ours, whoever asks how often (RFC 6762, 6). */
export const MDNS_ANSWER_EVERY_MS = 1_000;
/** How long `kith candidates` listens. */
export const LOOK_MS = 2_000;
/** New machines shown at once, and of one source: a full list keeps the oldest. */
export const CANDIDATES_MAX = 32;
export const CANDIDATES_PER_SOURCE_MAX = 4;
/** Addresses of the range that are tried for a newcomer: more than a network has members. */
export const IPV4_TRIES_MAX = 4_096;
