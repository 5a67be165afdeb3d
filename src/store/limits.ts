// The bounds of the store, each with its reason.

/**
 * One write and one fdatasync: what a slow disk takes in under a second, and memory never notices.
 */
export const GROUP_BYTES_MAX: number = 4 * 1024 * 1024;
/** Kept on the disk to be given up: a thousand removals, each far below 1 KiB. */
export const BALLAST_BYTES: number = 1024 * 1024;
/**
 * What a command writes to open a ledger, stage and sign: a dozen small files, and as much again.
 */
export const COMMAND_ROOM_BYTES: number = 256 * 1024;
/** Index entries in memory before they are written: 8,192 are some 3 MB and one LevelDB batch. */
export const INDEX_BATCH_RECORDS = 8_192;
/** Entries at which appends wait for the index: two batches, so that a slow index bounds memory. */
export const INDEX_WAITING_RECORDS_MAX: number = 4 * INDEX_BATCH_RECORDS;
/** Quiet time after which the rest is written: long enough for a burst to end. */
export const INDEX_IDLE_MS = 1_000;
/** Authors with a number in the index: place keys are exact integers up to here. */
export const INDEX_AUTHORS_MAX: number = 2 ** 20;

/** A read when hashing: as fast as one of 16 MiB where measured, and a quarter of the memory. */
export const HASH_READ_BYTES: number = 4 * 1024 * 1024;
/** A read when lines are wanted: some 700 records, which is a batch for the signature threads. */
export const LINES_READ_BYTES: number = 512 * 1024;
/** Lines of one read that are in memory at once: five times as many as records fit in it. */
export const LINES_AT_ONCE_MAX = 4_096;
/** Records looked up and read together by the shelf; their lines then stand near each other. */
export const SHELF_READ_RECORDS = 128;
/** Two lines nearer than this are read in one go: a second read costs as much as 16 KiB more. */
export const SHELF_GAP_BYTES: number = 16 * 1024;
/** One read of the shelf at most. */
export const SHELF_READ_BYTES_MAX: number = 1024 * 1024;

/** A torn tail of ours is part of one group; a longer one is not ours and is never cut off. */
export const TORN_TAIL_BYTES_MAX: number = 2 * GROUP_BYTES_MAX;
/** One file in quarantine/: a torn tail always fits, a longer span leaves its beginning. */
export const QUARANTINE_BYTES_MAX: number = 16 * 1024 * 1024;
/** Files in quarantine/: past that the rot is the disk's, and more copies help nobody. */
export const QUARANTINE_FILES_MAX = 1_024;

/** A folded state: 10,000 members are some 10 MB. */
export const CHECKPOINT_BYTES_MAX: number = 256 * 1024 * 1024;
/** Lines inside a verified prefix that are not held; with more, no checkpoint is worth having. */
export const CHECKPOINT_SPANS_MAX = 65_536;
/** One sector, so that the marker is overwritten whole or not at all. */
export const MARKER_BYTES = 512;
/** The node's key, and an operator's or two on the machine of the operator. */
export const MARKER_AUTHORS_MAX = 3;
/** Threads without work for so long end: each holds some 10 MB, and starts within 60 ms. */
export const THREADS_IDLE_MS = 30_000;

/** The lock names a process in one short line. */
export const LOCK_BYTES_MAX = 512;

/** Signature jobs up to which a message to a thread costs more than it saves. */
export const JOBS_IN_PLACE_MAX = 16;
/**
 * Jobs of a process before its first thread: a start takes 60 ms of a core, as nine hundred checks
 * do, and on a machine of two cores nobody else has them meanwhile.
 */
export const JOBS_BEFORE_THREADS = 2_048;
/** Jobs in one message to a thread: 15 ms of work, so that threads end together. */
export const JOBS_PER_MESSAGE = 128;

/**
 * Lines of one replay that wait for others: a file of a million records in any order, in 100 MB.
 */
export const DEFERRED_LINES_MAX: number = 2 ** 20;

/** Good signatures that a process remembers: a ledger of 64 Ki records, in 6 MB. */
export const REMEMBERED_CHECKS_MAX: number = 64 * 1024;
/** Lines that a daemon without a ledger keeps as records until they are handed in: 2 KB each. */
export const REMEMBERED_LINES_MAX = 8_192;
