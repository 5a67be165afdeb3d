// The bounds of the owner's shell, each with its reason.

/** How often the owner's core is told that time has passed. */
export const LOOK_MS = 1_000;
/** A disk that refused is tried again: nothing is said to any host meanwhile. */
export const KEEP_AGAIN_MS = 2_000;
/** For one answer of a host, with a handshake before it: it fsyncs, and looks into its engine. */
export const HOST_MS_MAX = 8_000;
/** Members asked at once for the list of all work, and how long all of that may take. */
export const LISTS_AT_ONCE_MAX = 16;
export const LIST_MS_MAX = 3_000;
/** How long it is remembered where work of others is: a log is read page by page. */
export const FOUND_AGAIN_MS = 30_000;
