// The bounds of what this host keeps of work, each with its reason. What frames themselves may hold
// is part of their format: work/limits.ts.

/** Small writes come together for so long before they are a frame: a person sees no delay. */
export const LOG_COALESCE_MS = 20;
/** Or until there is so much of them: one write to the disk. */
export const LOG_FLUSH_BYTES: number = 256 * 1024;
/** A file of a log: one that holds little is kept in few, so that the newest of it can go on. */
export const LOG_FILE_BYTES_MIN: number = 64 * 1024;
/** What is hashed again when the daemon comes back, once for each log: 20 ms. */
export const LOG_FILE_BYTES_MAX: number = 8 * 1024 * 1024;
/** A log is dropped by the file: one in eight, so that at least as much as was asked is there. */
export const LOG_FILES = 8;
/** Content of a frame where little is kept: a quarter of it, so that what is kept is most of it. */
export const LOG_FRAME_SHARE = 4;
export const LOG_FRAME_BYTES_MIN = 256;
/** What a loss of power may take of a log: a second, or so much. Whoever writes more waits. */
export const LOG_SYNC_MS = 1_000;
export const LOG_UNSYNCED_BYTES_MAX: number = 4 * 1024 * 1024;
/** A disk that took nothing is tried again after so long. */
export const LOG_RETRY_MS = 1_000;
/** From here to there in a file whose frames are looked up: as much is hashed in vain at most. */
export const LOG_STEP_BYTES: number = 64 * 1024;
/** Of one page of a log: some 5 ms to read and hash. */
export const LOG_PAGE_BYTES_MAX: number = 1024 * 1024;
/** Output of one piece of work: a flood takes a twentieth of a core to hash, and waits then. */
export const LOG_RATE: { readonly perSecond: number; readonly burst: number } = {
  perSecond: 16 * 1024 * 1024,
  burst: 64 * 1024 * 1024,
};
