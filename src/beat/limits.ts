// The bounds of the heart's shell, each with its reason. Those of packets and times are in beat/.

/** On the mesh address only: heartbeats by UDP, the peer API by TCP. Fixed, so nobody need ask. */
export const MESH_PORT = 7_446;
/** How often the machine looks at its watch: a change is told within a second of the last. */
export const LOOK_MS = 1_000;
/**
 * Datagrams of one address in a second: a member of a large network passes on 32 at its busiest.
 */
export const SOURCE_DATAGRAMS_MAX = 64;
/** Addresses counted in one second; others wait for the next. */
export const SOURCES_MAX = 16_384;
/** Signatures checked in a second: 5 % of a core, and every packet of a whole small network. */
export const CHECKS_MAX = 500;
/** Of them for packets that others passed on: they must not keep members from being heard. */
export const HEARSAY_CHECKS_MAX = 250;
/** What was heard is put on the disk so often: a crash forgets one minute, which revives nobody. */
export const REMEMBER_MS = 60_000;
/** Members remembered: those that a node hears first-hand, all in a small network. */
export const REMEMBERED_MAX = 4_096;
/**
 * The file of what was heard: 4,096 members of 100 bytes, and removals with who carried them out.
 */
export const HEARD_BYTES_MAX: number = 16 * 2 ** 20;
/** Headroom is read so often at most: four small files, and half a heartbeat old at most. */
export const FACTS_MS = 5_000;
/** Cards are asked so often: `nvidia-smi` is a process, and takes a second without persistence. */
export const GPU_MS = 10_000;
/** `nvidia-smi` answers in 0.1 to 2 s, or hangs with its driver. */
export const GPU_ASK_MS_MAX = 5_000;
/** A disk that takes longer to say how full it is, is a network that is gone. */
export const DISK_ASK_MS_MAX = 2_000;
