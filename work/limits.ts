// The bounds of a spec, each with its reason. A spec travels in signed requests, so that what is
// accepted here is accepted by every host of the same version. Spec: docs/work.md.

/** The canonical text: an environment of a hundred values, or a long seed, and a request around. */
export const SPEC_BYTES_MAX: number = 32 * 1024;
/** The text as a person wrote it: comments and spaces on top of that. */
export const SOURCE_BYTES_MAX: number = 128 * 1024;
/** A text of one line: a path or an argument; the kernel's own bound on a path. */
export const TEXT_CHARS_MAX = 4_096;
/** A text that names something: an image with its registry, a card. */
export const NAME_CHARS_MAX = 255;
/** Lists that people write: labels, arguments, ports, mounts. */
export const LIST_MAX = 64;
/** Values of an environment, and lines of a seed. */
export const LONG_LIST_MAX = 512;
/** How much of a wrong value is repeated to its author. */
export const SHOWN_CHARS_MAX = 40;

/** 1,024 cores: more is a mistake in the unit, and no single machine. */
export const CPU_MILLI_MAX = 1_024_000;
/** A hundredth of a core: below it nothing starts in time. */
export const CPU_MILLI_MIN = 10;
/** 64 TiB of memory: for the same reason. */
export const MEM_MIB_MAX: number = 64 * 1024 * 1024;
/** Less than 16 MiB is a mistake in the unit: hardly anything starts in it. */
export const MEM_MIB_MIN = 16;
/** 1 PiB. */
export const DISK_MIB_MAX: number = 1024 * 1024 * 1024;
/** Cards in one machine. */
export const GPUS_MAX = 16;

/** A year: longer work has no end, and says so. */
export const SECONDS_MAX = 31_536_000;
/**
 * The least time until work counts as lost: a host stops its copy 60 s before, and needs as long
 * again to notice that it is cut off.
 */
export const LOST_AFTER_S_MIN = 120;
/** More processes than a machine has numbers for are no limit. */
export const PIDS_MAX = 4_194_304;
/** As many files as Linux lets one process have (fs.nr_open). */
export const NOFILE_MAX = 1_048_576;
/** 1 GiB of log kept on the host. */
export const LOG_BYTES_MAX = 1_073_741_824;
/** Generations of one workload: one a second for a lifetime. */
export const GENERATION_MAX = 2_147_483_647;
/** 65,536 and above cannot be mapped into every container. */
export const USER_MAX = 65_535;

/** What QEMU needs beside the memory of its guest, at least; without KVM it may be more. */
export const VM_OVERHEAD_MIB = 100;

/** Content of one frame of a log: one write of a pipe, and few enough that a page holds several. */
export const FRAME_BYTES_MAX: number = 64 * 1024;
/** Numbers of a frame have 48 bits: bytes and frames of a lifetime, and ms until the year 10889. */
export const FRAME_NUMBER_MAX: number = 2 ** 48 - 1;

/**
 * FROZEN. A chunk of an image: checked alone in 5 ms, and a request over a slow link in a minute.
 */
export const CHUNK_BYTES: number = 4 * 1024 * 1024;
/** 256 GiB in one image: its list then fits in half a chunk. */
export const IMAGE_CHUNKS_MAX = 65_536;
/** A sentence for people in a signed document. */
export const WHY_CHARS_MAX = 500;
/** A request: a spec, and less than a kilobyte around it with its signature. */
export const REQUEST_BYTES_MAX: number = SPEC_BYTES_MAX + 2 * 1024;
/** A receipt: digests of its inputs and outputs, and what was granted. */
export const RECEIPT_BYTES_MAX: number = 512 * 1024;
/** Of that, what was granted: some lines of each limit, card and address. */
export const GRANTED_BYTES_MAX: number = 16 * 1024;
/** How deep that may be: limits, cards, and the lines of each. */
export const GRANTED_DEPTH_MAX = 5;
/** A document is as old as clocks of machines differ, and as a slow line holds it up. */
export const FRESH_MS: number = 5 * 60_000;
/** The share of a core is counted over 100 ms: the kernel's own default. */
export const CPU_PERIOD_US = 100_000;
/** The engine's own file of a job's output: what a daemon that is away can catch up with. */
export const ENGINE_LOG_BYTES: number = 16 * 1024 * 1024;
/**
 * How long after the note of what was heard a line may be stamped that was heard: the note is a
 * second old, and an engine that is held up stamps what it has handed on already.
 */
export const HEARD_LATE_MS = 3_000;
/** In how many files Docker keeps it: the older one goes as a whole. */
export const ENGINE_LOG_FILES = 2;
/**
 * One frame of an engine's stream: Docker sends at most 32 KiB, podman what was written at once.
 */
export const ENGINE_FRAME_BYTES_MAX: number = 4 * 1024 * 1024;
/** Files that describe an image inside its archive: a manifest, an index. */
export const ARCHIVE_TEXT_BYTES_MAX: number = 4 * 1024 * 1024;
/** Of an entry in an archive: longer names are in the headers of pax, and are bounded there. */
export const TAR_TEXT_BYTES_MAX: number = 64 * 1024;
/**
 * Of each of the two streams of a job in bubblewrap: there is no engine that could rotate a file,
 * and what comes after is counted and dropped.
 */
export const BUBBLE_LOG_BYTES: number = 64 * 1024 * 1024;
/** What QEMU's translator takes on top of it where there is no KVM. */
export const VM_TRANSLATED_MIB = 96;
/** A line of QMP: the longest answer that is asked for has a few KiB. */
export const QMP_LINE_BYTES_MAX: number = 256 * 1024;
/** What a guest keeps to spare when memory is taken back: below it, it would begin to swap. */
export const GUEST_SPARE_MIB = 64;
/** The same in parts of what it has; the larger of both counts. */
export const GUEST_SPARE_PERCENT = 10;
