// The bounds of the leaf, each with its reason.

/** A record needs five (record > body > grants > grant > limits); one is kept in hand. */
export const JSON_DEPTH_MAX = 6;
