// The bounds of what an operator's acts keep on disk, each with its reason.

/** Staged at once: more than a person can read before signing. */
export const STAGED_ACTS_MAX = 256;
/** Each act at most a line of the ledger long, and a little for the rest. */
export const STAGED_BYTES_MAX: number = STAGED_ACTS_MAX * 9 * 1024 + 1024;
/** The note of the last sync. */
export const SYNCED_BYTES_MAX = 1024;
/** A ticket of eight long hints, twice: see ledger/ticket.ts. */
export const TICKET_FILE_BYTES_MAX: number = 16 * 1024;
/** A sheet of paper typed whole is less. */
export const SHEET_FILE_BYTES_MAX: number = 16 * 1024;
/** A sync that is older than this says little about what others have written since. */
export const SYNC_LATELY_MS: number = 60 * 60 * 1000;
/**
 * Records of one key that a killed process can have left in its journal only: far more than one.
 */
export const LOST_RECORDS_MAX = 1_024;
