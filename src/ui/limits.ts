// Bounds and rhythms of the terminal UI's shell, each with its reason.

/** Documents and notes of one command, per line: as much as the daemon's API answers. */
export const LINE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Lines are handed on in portions, so that keys get their turn between them. */
export const PORTION = 200;

/** The clock of countdowns and of the mark that something runs. */
export const TICK_MS = 500;

/** Frames: no faster than an eye, so that a burst of inputs is one picture. */
export const FRAME_MS = 16;

/** How long a command may take to end after it was interrupted, before it is killed. */
export const INTERRUPT_MS = 5_000;

/** How often the files of this machine are looked at for a change. */
export const LOOK_MS = 1_000;

/** After a look that failed. */
export const RETRY_MS = 1_000;

/** Characters of a secret: as many bytes as a passphrase may have, which is fewer characters. */
export const SECRET_UNITS_MAX = 1_024;
