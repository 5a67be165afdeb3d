// The bounds of the home, each with its reason.

import { JOBS_PER_MESSAGE } from '../store/limits.ts';

/** Records past the checkpoint cost their signatures again at the next start: about ten seconds. */
export const CHECKPOINT_AFTER_BYTES: number = 32 * 1024 * 1024;

/**
 * Batches whose signatures are checked ahead of the door: this one and the next. A file of copies
 * is read faster than it is checked, and needs no check.
 */
export const EARLY_BATCHES_MAX = 2;

/** Lines of each sort that an audit lists: more are counted. A hostile file may be all newlines. */
export const LISTED_LINES_MAX = 1_000_000;

/** Ledgers named where a file holds several: a hostile one may be nothing but beginnings. */
export const LEDGERS_NAMED_MAX = 8;

/**
 * Records whose signatures go to the threads together: one message to a thread, and the first one
 * leaves before a tenth of a reply of sync is decoded.
 */
export const RECORDS_PER_CHECK: number = JOBS_PER_MESSAGE;
