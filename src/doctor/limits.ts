// The bounds of the doctor, each with its reason.

/** Before this moment nobody can have run this program: 1 November 2026. */
export const BUILT_MS = 1_793_491_200_000;
/** A clock that was set back by less is one that was put right. */
export const BEHIND_MS_MAX = 60_000;
/** What a removal needs on a full disk has its ballast; a ledger that grows needs this much. */
export const DISK_NEEDED_BYTES: number = 16 * 1024 * 1024;
/** Half a million records. */
export const DISK_LOW_BYTES: number = 256 * 1024 * 1024;
/** `dmidecode`, `lsblk` and `lspci` answer in a second; a disk that hangs may hold one for ever. */
export const HARDWARE_MS_MAX = 10_000;
