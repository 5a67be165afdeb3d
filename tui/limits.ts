// Bounds of the terminal UI, each with its reason.

/** Smaller than this nothing can be read: the screen asks for a larger window. */
export const COLUMNS_MIN = 60;
export const ROWS_MIN = 16;

/** Lines that a running command has said and that can be looked at again. */
export const SAID_MAX = 2_000;

/** Commands whose output is kept after they have ended: the last ones. */
export const RUNS_MAX = 16;

/** A form that has stood still for so long is tried: about a word, and not every letter. */
export const TRY_AFTER_MS = 500;

/** And again after this, since the room of the nodes changes with what others place. */
export const TRY_AGAIN_MS = 10_000;

/** Events of the daemon that can be scrolled back to. */
export const EVENTS_MAX = 2_000;

/** A notice stands this long, unless it is an error: that stays until a key is pressed. */
export const NOTICE_MS = 6_000;

/** Characters of a text field: more than any name, address, code or spec file's path. */
export const FIELD_CHARS_MAX = 512;

/** Who tried a code and failed, as far as the card has room on any terminal. */
export const FAILURES_MAX = 32;

/** Samples of a sparkline: one a heartbeat for half an hour is more than a row is wide. */
export const SAMPLES_MAX = 180;

/** Rows around a screen: two of its head, one of its keys; and where these take several. */
export const CHROME_ROWS = 3;
export const CHROME_ROWS_MAX = 5;

/** An Esc waits so long for what may follow it: nobody sees it, and most lines need a tenth. */
export const ESC_WAIT_MS = 100;
/** On a line that has shown to be slower it is doubled each time, as far as a person bears it. */
export const ESC_WAIT_MS_MAX = 800;
/** What is more than an Esc was sent by a terminal, and the rest of it is under way. */
export const SEQUENCE_WAIT_MS = 1_000;
/** The rest of a sequence whose Esc has acted may come so much later. */
export const ESC_LATE_MS = 2_000;
