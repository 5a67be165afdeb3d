// The bounds of the leaf, each with its reason.

/** A record needs five (record > body > grants > grant > limits); one is kept in hand. */
export const JSON_DEPTH_MAX = 6;

/** A passphrase of 1,024 bytes, each escaped, and the words around it: nothing else is as long. */
export const ANSWER_BYTES_MAX: number = 4 * 1024;
/** What a person reads before an answer: 256 staged acts with what each changes. */
export const QUESTION_LINES_MAX = 2_000;
/** The longest line shown: the exact bytes of a record are not among them. */
export const QUESTION_TEXT_CHARS_MAX = 1_024;
