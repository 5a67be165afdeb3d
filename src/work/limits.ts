// The bounds of the shell of work, each with its reason.

/** One write and one fdatasync of the journal: a hundred requests with the largest specs. */
export const JOURNAL_GROUP_BYTES_MAX: number = 4 * 1024 * 1024;
/** Below it a journal is never written anew: it is read in a few milliseconds. */
export const JOURNAL_COMPACT_BYTES_MIN: number = 1024 * 1024;
/** It is written anew when it is so many times what counts of it. */
export const JOURNAL_COMPACT_TIMES = 4;
/** A longer one was not written by this program: thousands of workloads take a tenth. */
export const JOURNAL_BYTES_MAX: number = 512 * 1024 * 1024;

/** Between two probes of a driver that works: an engine that was stopped is noticed by then. */
export const PROBE_MS = 300_000;
/** And of one that does not: somebody may be installing it just now. */
export const PROBE_AGAIN_MS = 30_000;
/** How often the host's core is told that time has passed. */
export const LOOK_MS = 1_000;
/** How often what runs is asked how much it uses: what is free is judged by that. */
export const USAGE_MS = 10_000;
/** Asked at once: each may take two seconds, and an engine answers one after the other. */
export const USAGE_AT_ONCE_MAX = 4;
/** How often the host's core hears how much room is seen: as often as that is read. */
export const FACTS_MS = 5_000;
/** A driver that could not say what it has is asked again: an engine may be starting itself. */
export const RECOVER_AGAIN_MS = 2_000;
/** A reader waits so long for the next frame in one request: below the idle limit of a door. */
export const READ_WAIT_MS_MAX = 20_000;
