// The bounds of a host that takes work, each with its reason. Spec: docs/running.md.

/** Memory that is never promised: a kernel, the daemon and a person who logs in. */
export const RESERVE_MEM_MIB = 512;
/** The same of the disk: logs, and the ledger with its ballast. */
export const RESERVE_DISK_MIB = 1_024;
/** Processor time is divided by the kernel, and most work waits most of the time. */
export const OVERCOMMIT_CPU = 2;
/** What is seen to be free stays so, whatever was promised: programs outside grow, too. */
export const MARGIN_MEM_MIB = 512;
export const MARGIN_DISK_MIB = 1_024;
/** Leases at once: more containers than a kernel of one machine starts or watches well. */
export const LEASES_MAX = 2_000;

/** From `reserved` to `go`: the placer has asked others meanwhile, over slow links. */
export const GO_MS = 30_000;
/** Images of tens of gigabytes from a peer behind a slow line. */
export const PREPARE_MS: number = 60 * 60_000;
/** An engine under load starts a container in seconds; a guest is only handed over. */
export const START_MS = 120_000;
/** Several looks into a container or guest, each with a limit of two seconds. */
export const VERIFY_MS = 60_000;
/** From a kill to the next, and to taking away what does not die. */
export const KILL_MS = 10_000;
/** Outputs are copied, a log is closed, an owner may be far: then it is said again. */
export const RECEIPT_MS: number = 5 * 60_000;
/** An engine removes a container in a second; it is asked again where it did not. */
export const DESTROY_MS = 30_000;
/** Between two questions to a silent owner. */
export const ASK_MS = 10_000;
/** How often an owner is asked whether its work may go on: three times before the first fence. */
export const RENEW_MS = 20_000;
/** For so long room is kept for work whose owner does not say whether it may go on. */
export const HELD_MS: number = 24 * 60 * 60_000;

/** What ends before `lostAfter`: notice of the silence, a stop with its grace, and a kill. */
export const FENCE_MS = 60_000;
/** Of that, for a polite end: the rest is for kills. */
export const FENCE_GRACE_MS = 30_000;
/**
 * After the fence a guard ends what the daemon has not: it leaves the grace and a kill to the
 * daemon, and twenty seconds to itself, on a machine that is short of everything.
 */
export const GUARD_MS = 40_000;
/** So often the journal learns that an owner was heard: a quarter of the shortest time. */
export const HEARD_STORE_MS = 15_000;

/** Before the first restart, and doubled with each: a crash loop must not fill the machine. */
export const BACKOFF_MS = 1_000;
export const BACKOFF_MS_MAX: number = 5 * 60_000;
/** After a run of that length its restarts count anew. */
export const STEADY_MS: number = 10 * 60_000;

/** Work that takes a hundredth of a core is not idle. */
export const BUSY_SHARE = 0.01;
/** Beyond its own limit, for the answer of a check to come back. */
export const CHECK_SLACK_MS = 2_000;

/** Longer than any request stays fresh: a late repeat finds what became of it. */
export const PAST_MS: number = 60 * 60_000;
/** And no more than so many, the oldest first out. */
export const PAST_MAX = 5_000;
/** Of these the newest, which each further one copies: the whole is made anew once in so many. */
export const PAST_NEW_MAX = 64;
/** After a failed write: a full disk is looked at again. */
export const STALL_MS = 1_000;

/**
 * Ports that are chosen where a spec names none: below those that kernels give to who connects
 * (32,768 on), and where few programs have theirs.
 */
export const PORT_CHOSEN_FIRST = 30_000;
export const PORT_CHOSEN_LAST = 32_767;
