// The bounds of what the shell keeps of the machine it runs on, each with its reason.

/** `{"at":…}` with room. */
export const CALENDAR_BYTES_MAX = 64;
/** Past it a Date has no text (ECMAScript, "Time Values"). */
export const CALENDAR_LATEST_MS = 8_640_000_000_000_000;
/** Peers who must have said what time it is before a kept time is lowered. */
export const CALENDAR_PEERS_MIN = 2;
/** Clocks differ by seconds and drift by minutes; an hour ahead of one's peers is a fault. */
export const CALENDAR_AHEAD_MS = 3_600_000;
