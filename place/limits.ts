// The numbers of placement, each with its reason. Spec: docs/placement.md.

/**
 * Below so many nodes that fit, the one with most free is best and everybody's view of it is fresh.
 * From there on placers that all take the same best one run into each other, and the better of two
 * spreads them.
 */
export const FEW_NODES = 8;
/**
 * What holding the images already is worth: as much as a tenth of the node left free. It decides
 * between nodes that are about equally full; more, and all work of one image would crowd where it
 * was run first until these are full.
 */
export const IMAGE_WORTH = 100_000;
/** Shares are counted in millionths: integers, and finer than any figure that a node gives. */
export const WHOLE = 1_000_000;
/**
 * Nodes that a decision names: twice as many as an owner asks before it gives up
 * (docs/running.md, "The owner"), since some of them may be left out by then.
 */
export const ORDER_MAX = 16;
