// The bounds of the shell of work, each with its reason.

/** One write and one fdatasync of the journal: a hundred requests with the largest specs. */
export const JOURNAL_GROUP_BYTES_MAX: number = 4 * 1024 * 1024;
/** Below it a journal is never written anew: it is read in a few milliseconds. */
export const JOURNAL_COMPACT_BYTES_MIN: number = 1024 * 1024;
/** It is written anew when it is so many times what counts of it. */
export const JOURNAL_COMPACT_TIMES = 4;
/** A longer one was not written by this program: thousands of workloads take a tenth. */
export const JOURNAL_BYTES_MAX: number = 512 * 1024 * 1024;
