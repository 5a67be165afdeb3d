// The bounds of the owner's shell, each with its reason.

/** How often the owner's core is told that time has passed. */
export const LOOK_MS = 1_000;
/** A disk that refused is tried again: nothing is said to any host meanwhile. */
export const KEEP_AGAIN_MS = 2_000;
/** Members asked at once for the list of all work. */
export const LISTS_AT_ONCE_MAX = 16;
/** Questions about several pieces of work at one host that come together are one. */
export const LIST_FRESH_MS = 500;
