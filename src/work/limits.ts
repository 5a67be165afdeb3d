// The bounds of the shell of work, each with its reason. What frames of a log may hold is part of
// their format: work/limits.ts.

/** One write and one fdatasync of the journal: a hundred requests with the largest specs. */
export const JOURNAL_GROUP_BYTES_MAX: number = 4 * 1024 * 1024;
/**
 * Below it a journal is never written anew: it is read in a tenth of a second, and to write it
 * takes
 * 20 ms in which nobody is answered. At 500 admissions a second that is once in six seconds.
 */
export const JOURNAL_COMPACT_BYTES_MIN: number = 8 * 1024 * 1024;
/** It is written anew when it is so many times what counts of it. */
export const JOURNAL_COMPACT_TIMES = 4;
/** A longer one was not written by this program: thousands of workloads take a tenth. */
export const JOURNAL_BYTES_MAX: number = 512 * 1024 * 1024;

/** Between two probes of a driver that works: an engine that was stopped is noticed by then. */
export const PROBE_MS = 300_000;
/**
 * The first wait after a probe that failed, doubled each time: an engine may be starting itself.
 */
export const PROBE_SOON_MS = 2_000;
/** And the longest: somebody may be installing it just now. */
export const PROBE_AGAIN_MS = 30_000;
/** How often the host's core is told that time has passed. */
export const LOOK_MS = 1_000;
/** How often what runs is asked how much it uses: what is free is judged by that. */
export const USAGE_MS = 10_000;
/** Asked at once: each may take two seconds, and an engine answers one after the other. */
export const USAGE_AT_ONCE_MAX = 4;
/** How often the host's core hears how much room is seen: as often as that is read. */
export const FACTS_MS = 5_000;
/** A driver that could not say what it has is asked again: an engine may be starting itself. */
export const RECOVER_AGAIN_MS = 2_000;
/** A reader waits so long for the next frame in one request: below the idle limit of a door. */
export const READ_WAIT_MS_MAX = 20_000;

/** Small writes come together for so long before they are a frame: a person sees no delay. */
export const LOG_COALESCE_MS = 20;
/** Or until there is so much of them: one write to the disk. */
export const LOG_FLUSH_BYTES: number = 256 * 1024;
/** A file of a log: one that holds little is kept in few, so that the newest of it can go on. */
export const LOG_FILE_BYTES_MIN: number = 64 * 1024;
/** What is hashed again when the daemon comes back, once for each log: 20 ms. */
export const LOG_FILE_BYTES_MAX: number = 8 * 1024 * 1024;
/** A log is dropped by the file: one in eight, so that at least as much as was asked is there. */
export const LOG_FILES = 8;
/** Content of a frame where little is kept: a quarter of it, so that what is kept is most of it. */
export const LOG_FRAME_SHARE = 4;
export const LOG_FRAME_BYTES_MIN = 256;
/** What a loss of power may take of a log: a second, or so much. Whoever writes more waits. */
export const LOG_SYNC_MS = 1_000;
export const LOG_UNSYNCED_BYTES_MAX: number = 4 * 1024 * 1024;
/** A disk that took nothing is tried again after so long. */
export const LOG_RETRY_MS = 1_000;
/** From here to there in a file whose frames are looked up: as much is hashed in vain at most. */
export const LOG_STEP_BYTES: number = 64 * 1024;
/** Of one page of a log: some 5 ms to read and hash. */
export const LOG_PAGE_BYTES_MAX: number = 1024 * 1024;
/** Output of one piece of work: a flood takes a twentieth of a core to hash, and waits then. */
export const LOG_RATE: { readonly perSecond: number; readonly burst: number } = {
  perSecond: 16 * 1024 * 1024,
  burst: 64 * 1024 * 1024,
};
/** Receipts that their owners have not got are brought again, also where nobody is heard. */
export const SEND_AGAIN_MS = 30_000;
/** How often this node counts as heard by itself: as often as others hear it. */
export const OWN_HEARD_MS = 10_000;

/** A console is given back that nobody has typed at for so long: the next letter takes it again. */
export const TYPING_IDLE_MS = 60_000;

/** Connections through one published port at once, and those who ask at one of datagrams. */
export const DOOR_CALLS_MAX = 1_024;
/** Who asks by datagrams and was silent for so long is another one next time, as with most NATs. */
export const DOOR_QUIET_MS = 60_000;
/**
 * A door of work that was found is tried again: the mesh comes up some seconds after its daemon.
 */
export const DOOR_AGAIN_MS = 1_000;

/**
 * How often a guard looks whether the time of its work is over: two sleeping processes for each.
 */
export const GUARD_LOOK_S = 5;
