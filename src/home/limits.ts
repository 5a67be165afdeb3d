// The bounds of the home, each with its reason.

/** Records past the checkpoint cost their signatures again at the next start: about ten seconds. */
export const CHECKPOINT_AFTER_BYTES: number = 32 * 1024 * 1024;
