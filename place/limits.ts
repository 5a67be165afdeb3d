// The numbers of placement, each with its reason. Spec: docs/placement.md.

/**
 * Memory that a node keeps for itself: a kernel, its daemon and a person who logs in. A constant,
 * and no share of the whole, so that a larger machine never has less to give.
 */
export const MEM_MARGIN_MIB = 512;
/** The same on its disk: logs, and the ledger with its ballast. */
export const DISK_MARGIN_MIB = 1_024;
/**
 * Below so many nodes that fit, the one with most free is best and everybody's view of it is fresh.
 * From there on placers that all take the same best one run into each other, and the better of two
 * spreads them.
 */
export const FEW_NODES = 8;
/** Shares are counted in millionths: integers, and finer than any figure that a node gives. */
export const WHOLE = 1_000_000;
