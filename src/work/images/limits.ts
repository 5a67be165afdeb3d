// The bounds of the image store, each with its reason. What an image may be is part of its id:
// work/limits.ts.

/** Free on the disk whatever arrives: what the ledger, logs and journals of this node need. */
export const MARGIN_BYTES: number = 512 * 1024 * 1024;
/** Images held, and names for them: a list that is read in one go. */
export const IMAGES_MAX = 4_096;
/** The file of names: each is at most 255 characters and an id. */
export const NAMES_BYTES_MAX: number = 2 * 1024 * 1024;
/** Entries of an archive that are looked at for what it is: layers are a hundred at most. */
export const ENTRIES_MAX = 10_000;
/** Smaller images are hashed whole before each start: 64 MiB take a fifth of a second. */
export const CHECKED_BYTES_MAX: number = 64 * 1024 * 1024;
/** What was begun and not gone on with is dropped after a week. */
export const STALE_MS: number = 7 * 24 * 3_600_000;

/**
 * Peers that send at once, and requests to each: a round trip of one is the transfer of another.
 */
export const PEERS_AT_ONCE_MAX = 4;
export const REQUESTS_PER_PEER = 2;
/** Tries at one peer in a row, doubling from the first wait; then it is given up. */
export const TRIES_MAX = 4;
export const FIRST_TRY_MS = 250;
export const TRY_MS_MAX = 5_000;
/** Members asked whether they hold an image, at once and in all. */
export const ASKED_AT_ONCE_MAX = 16;
export const ASKED_MAX = 1_024;
/** For one to say what it holds. */
export const HAVE_MS_MAX = 5_000;
/** Waits for one that says it is busy, in one fetch, and how long at most each time. */
export const BUSY_MAX = 600;
export const BUSY_MS_MAX = 10_000;
