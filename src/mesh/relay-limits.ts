// What a relay gives to others, each with its reason; its ports and pairs are in wg/link-limits.ts.

import type { Rate } from '../../ledger/bucket.ts';

/** In bytes, of all pairs together: a third of a home's 100 Mbit/s. */
export const RELAY_RATE: Rate = { perSecond: 4_000_000, burst: 1_000_000 };
/** Of one pair: a film, a backup at night; what is more should find a path of its own. */
export const RELAY_PAIR_RATE: Rate = { perSecond: 2_000_000, burst: 500_000 };
/** How often idle leases are looked for, and keys looked up anew. */
export const RELAY_SWEEP_MS = 10_000;
/** Other programs may hold a port of ours: the next pairs are tried. */
export const RELAY_BIND_TRIES = 8;
/** Members that carry one meet: one of them may not reach the other. */
export const MEET_CARRIERS_MAX = 3;
/** For a meet or a lease to be answered: two hops over links that work, one of them just roamed. */
export const MEET_WAIT_MS = 8_000;
/** Before a meet is sent, and between two looks for somebody to carry it. */
export const CARRIER_LOOK_MS = 200;
