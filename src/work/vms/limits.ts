// The bounds of the driver of virtual machines, each with its reason. Spec: docs/machines.md.

/** The first of the users that machines run as: of a range that no system hands out. */
export const USER_FIRST = 1_879_048_192;

/** From the start of QEMU to its first answer; it reads a kernel and an initrd before it. */
export const START_MS = 20_000;
/** Between two looks whether it answers. */
export const START_POLL_MS = 15;
/** For one answer of QEMU: it gives it at once, or the host is in deep trouble. */
export const ANSWER_MS = 5_000;
/** What stats may take in all, by the contract of drivers. */
export const STATS_MS = 1_500;
/** Until a lost control connection is opened again. */
export const AGAIN_MS = 200;
/** Commands that wait for an answer at the same time: more are a fault of ours. */
export const ASKED_MAX = 64;
/** Between two looks whether a process that is not our child has ended. */
export const WATCH_MS = 500;
/** For QEMU to end after it was told to: it closes its disks first. */
export const QUIT_MS = 5_000;
/** How often the guest says how much memory it has to spare, in seconds. */
export const BALLOON_POLL_S = 2;

/** Of a guest's console at once. */
export const CONSOLE_READ_BYTES = 65_536;
/** Between two looks at a console that is not watched by the kernel. */
export const CONSOLE_POLL_MS = 1_000;
/** What was read is taken off the disk in pieces of so many bytes. */
export const CONSOLE_KEPT_BYTES: number = 4 * 1024 * 1024;
/**
 * What a viewer that does not read may be behind: then it misses something, and the log does not.
 */
export const VIEWER_BYTES_MAX: number = 256 * 1024;
/** People at one console. */
export const VIEWERS_MAX = 8;

/** The description of a machine, on disk: an image, ports, names. */
export const NOTE_BYTES_MAX = 65_536;
/** Of what QEMU complained of, for the person. */
export const COMPLAINT_BYTES_MAX = 2_000;

/** For the probe guest without KVM: 0.1 s on an idle machine, and it is to run on a busy one. */
export const TCG_PROBE_MS = 15_000;
/** With KVM: it is as quick or quicker, or it is no KVM. In parts of what it took without. */
export const KVM_PROBE_TIMES = 4;
export const KVM_PROBE_MS = 1_000;
/** A proof holds so long; after another start of the machine or with another QEMU it is none. */
export const PROOF_MS: number = 24 * 60 * 60_000;
/** The note of a proof. */
export const PROOF_BYTES_MAX = 4_096;

/** For `qemu-img` to make an empty overlay: it writes a few clusters. */
export const OVERLAY_MS = 20_000;
/** A kernel or an initrd that has to be copied to be readable. */
export const BOOT_FILE_BYTES_MAX: number = 1024 * 1024 * 1024;
/** A name that is free for a guest's port is taken by somebody else once in a while. */
export const PORT_TRIES = 3;
/** Between two looks whether the interface of the mesh was made again. */
export const MESH_LOOK_MS = 2_000;
/** Between two looks whether a guest has taken a connection. */
export const HEALTH_LOOK_MS = 50;
/** Threads of QEMU beside those of its processors: disks, the main loop, signals. */
export const THREADS_MAX = 128;
/** For a process that was killed to be gone, or one that begins to be what it becomes. */
export const GONE_MS = 5_000;
/** The longest path of a socket that Linux takes (sun_path, with its zero). */
export const SOCKET_PATH_BYTES = 107;
