// The bounds of the ceremony, each with its reason. Those marked AGREED are kept by both ends: a
// peer with another value would end runs that this one would finish. Spec: docs/pairing.md.

/** How long a code lives: time to walk from one console to another, and to read what it shows. */
export const WINDOW_MS = 600_000;
/** Guesses at one code: a person mistypes twice; a guesser hits once in 2^40 / 3. */
export const ATTEMPTS_MAX = 3;
/** Runs side by side before a tag has come: a few operators and their retries. */
export const RUNS_MAX = 8;
/** From the connection to the first tag: seven messages of machines, no person in between. */
export const RUN_MS = 10_000;
/**
 * Tags that the admitter sends for one typed code. Each lets a false responder test one guess, so
 * this is its ATTEMPTS_MAX: one typed code goes to at most three responders.
 */
export const TYPED_TAGS_MAX = 3;
/** AGREED. A sign of life, while a person reads or a disk writes: three fit in SILENCE_MS. */
export const STILL_MS = 9_000;
/** AGREED. After that much silence the other is gone, whatever its connection says. */
export const SILENCE_MS = 30_000;

/** AGREED. A message before the tags: hellos are 300 bytes, and strangers send them. */
export const CLEAR_BYTES_MAX = 1_024;
/** AGREED. The lines of one page: 16 s on a line of 64 kbit/s, well inside SILENCE_MS. */
export const PAGE_BYTES_MAX: number = 128 * 1024;
/** AGREED. A message after the tags: a page, its number, the seal, and the fields around them. */
export const SEALED_BYTES_MAX: number = PAGE_BYTES_MAX + 64;
/** Pages of one ledger: 1 GiB, twice a ledger of a million records. */
export const PAGES_MAX = 8_192;

/** AGREED. A record or the body of one: what the ledger allows a line (LINE_BYTES_MAX there). */
export const RECORD_BYTES_MAX = 8_192;
/** AGREED. Suites in a hello: one is known, and a list must have an end. */
export const SUITES_MAX = 8;
/** AGREED. Members whose last endpoints go along: some of them answer, and they know the others. */
export const MEMBERS_MAX = 64;
/** AGREED. Endpoints of one machine and labels of it: as many as its record may hold. */
export const ENDPOINTS_MAX = 8;
export const LABELS_MAX = 16;
/** AGREED. Graphics cards of one machine. */
export const GPUS_MAX = 16;
/** AGREED. A text about hardware: people read the beginning, and a card has one line for it. */
export const TEXT_CHARS_MAX = 64;
/** AGREED. Accepted admissions not seen yet: each took a person and a right code. */
export const PLEDGES_MAX = 8;
