// The bounds of what is read and computed around keys, each with its reason.

/** What a new passphrase costs: 128 MiB and about half a second, so that a guess costs as much. */
export const SEAL_SCRYPT: { readonly n: number; readonly r: number; readonly p: number } = {
  n: 2 ** 17,
  r: 8,
  p: 1,
};
/**
 * A key file names its own costs. A hostile one must not take more memory than a small machine has.
 */
export const SCRYPT_MEMORY_BYTES_MAX: number = 512 * 1024 * 1024;
/** Below this a passphrase protects nothing. */
export const SCRYPT_N_MIN: number = 2 ** 10;
/** Lanes run one after another: at most sixteen times our own time. */
export const SCRYPT_P_MAX = 16;
/** Salt of a sealed file: two files never share one by chance. */
export const SALT_BYTES = 16;

/** A key file is under 1 KiB; four leave room for a later version's fields. */
export const KEY_FILE_BYTES_MAX: number = 4 * 1024;
/** A wallet of 64 numbers, one on each line and indented, is under 1 KiB. */
export const WALLET_FILE_BYTES_MAX: number = 4 * 1024;
/** Nobody types more, and a passphrase file that is longer is the wrong file. */
export const PASSPHRASE_BYTES_MAX = 1024;
/** Tried before a prompt gives up on two unequal entries. */
export const PROMPT_TRIES = 3;
