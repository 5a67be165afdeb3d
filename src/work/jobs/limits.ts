// The bounds of the drivers of jobs, each with its reason.

/**
 * For an engine to answer a question: milliseconds, and some seconds where it asks its runtime on a
 * machine that has no core free.
 */
export const ENGINE_ASK_MS = 15_000;
/** For a sign of life, which asks nobody else: the daemon waits for it when it starts. */
export const ENGINE_PING_MS = 3_000;
/** For an engine to make or to start a container: a busy disk, a cold image. */
export const ENGINE_START_MS = 60_000;
/** For an engine to take a container away: it kills it first. */
export const ENGINE_REMOVE_MS = 30_000;
/** An image on its way into an engine or out of a registry may stand still for so long. */
export const ENGINE_STILL_MS = 120_000;
/** Containers that are looked at together after a start: an engine has few cores for it. */
export const RECOVERED_AT_ONCE_MAX = 4;
/** Between two tries to reach an engine that went away under running work. */
export const ENGINE_AGAIN_MS = 500;
/** From the end of the output to the end of the container: podman tells within some ms. */
export const SETTLE_MS = 150;
export const SETTLE_EVERY_MS = 10;
/**
 * Processes of one user on the whole machine: podman would set 1,048,576, which an engine without
 * CAP_SYS_RESOURCE may not. As many as a kernel has numbers for by default (pid_max); what bounds
 * a job is `limits.pids`.
 */
export const ENGINE_NPROC_MAX = 32_768;
/** So often it may break off in the output of what has ended; then the rest is given up. */
export const OUTPUT_TRIES = 5;
/** Of what an engine complains, for people. */
export const ENGINE_SAID_CHARS_MAX = 400;

/** A file of the kernel: mounts of a container with hundreds of layers are 100 KB. */
export const KERNEL_FILE_BYTES_MAX: number = 1024 * 1024;
/** Of it at once: most are one page or less, and mounts come in pages whatever is asked for. */
export const KERNEL_CHUNK_BYTES = 16_384;
/** The whole log of the kernel, whose ring has 16 MiB at most by any usual configuration. */
export const KERNEL_LOG_BYTES_MAX: number = 16 * 1024 * 1024;
/** One record of it (CONSOLE_EXT_LOG_MAX). */
export const KERNEL_RECORD_BYTES = 8192;

/** How old the note of what was heard may be when a daemon dies. */
export const HEARD_EVERY_MS = 1_000;
/** That note. */
export const HEARD_BYTES_MAX = 1_024;

/** Between two looks whether a check of health has ended. */
export const HEALTH_LOOK_MS = 100;

/** A secret becomes a variable, and the kernel's own bound of one is 128 KiB (MAX_ARG_STRLEN). */
export const SECRET_BYTES_MAX: number = 128 * 1024 - 512;

/** For bubblewrap to show that it works: it starts one process. */
export const BUBBLE_PROBE_MS = 5_000;
/** For its supervisor to have started what it is to start. */
export const BUBBLE_START_MS = 10_000;
export const BUBBLE_EVERY_MS = 50;
/** For an image to be unpacked; it is read and written once, at 50 MB/s or more. */
export const UNPACK_MS = 600_000;
/** Layers of an image (Docker allows 127). */
export const LAYERS_MAX = 256;
/** Of its output, read at once. */
export const BUBBLE_CHUNK_BYTES: number = 256 * 1024;
/** The note beside it: a tag and an image. */
export const BUBBLE_NOTE_BYTES_MAX = 4_096;
