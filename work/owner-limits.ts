// The bounds of owning work, each with its reason. Spec: docs/running.md, "The owner".

/** Silence of a host until nobody is sure of it: no new work goes there (docs/heartbeat.md). */
export const SUSPECT_MS = 30_000;
/** Silence until a person is shown that the host cannot be reached. */
export const UNREACHABLE_MS = 60_000;

/** How long an answer may take until the same is asked again: a host fsyncs before it answers. */
export const ASK_AGAIN_MS = 3_000;
/** Each further try waits twice as long, up to this: a host that is back is noticed by then. */
export const ASK_AGAIN_MS_MAX = 15_000;
/**
 * A host that does not answer to a reservation is left after so many tries: nothing runs by a
 * reservation, and it lapses. Only a `go` binds the work to one host.
 */
export const RESERVE_TRIES_MAX = 3;
/** Hosts asked for one placement: with the figures of the plan the second is rarely needed. */
export const HOSTS_ASKED_MAX = 8;
/** For the receipt to come of work that may have run and been forgotten by its host. */
export const DOUBT_MS = 15_000;
/** How often what runs is asked how it is: a person who waits sees each state within this. */
export const STATUS_EVERY_MS = 2_000;
/** And once it has been the same for so many looks: its host brings the receipt by itself. */
export const STATUS_SLOW_MS = 10_000;
export const STATUS_QUICK_MAX = 30;
/** Work that was lost with its host and fits nowhere: how often that is looked at again. */
export const PLAN_AGAIN_MS = 30_000;
/** A reservation that is not used is cancelled so often: then it has lapsed by itself. */
export const CANCELS_MAX = 3;

/** Work of one owner that has not ended: a look at all of it takes a millisecond. */
export const OWNED_MAX = 4_096;
/** Ended work that is remembered, the latest: what a person may still ask about. */
export const ENDED_KEPT_MAX = 1_024;
/** Refusals and silences kept of one piece of work: two full rounds, and then the latest. */
export const ASKED_KEPT_MAX = 16;
/** Receipts of one piece of work, the latest: one for each generation that came to an end. */
export const RECEIPTS_KEPT_MAX = 8;
/** Copies that a lost host may still have, the latest: each is told to drop when it asks. */
export const PAST_KEPT_MAX = 16;
/** Between two looks: a longer gap was our own sleep, and no silence of anybody else. */
export const LOOK_GAP_MS_MAX = 5_000;
