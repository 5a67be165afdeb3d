// The bounds of what the shell keeps of the machine it runs on, each with its reason.

/** `{"at":…}` with room. */
export const CALENDAR_BYTES_MAX = 64;
/** Past it a Date has no text (ECMAScript, "Time Values"). */
export const CALENDAR_LATEST_MS = 8_640_000_000_000_000;
/** Peers who must have said what time it is before a kept time is lowered. */
export const CALENDAR_PEERS_MIN = 2;
/** Clocks differ by seconds and drift by minutes; an hour ahead of one's peers is a fault. */
export const CALENDAR_AHEAD_MS = 3_600_000;

/**
 * For so long a reading of the clock of bootMs is good, which is a file: what comes in is handed to
 * several who each ask for the time. It is written to the hundredth of a second.
 */
export const BOOT_READ_MS = 1;
/** Seeds that are drawn at once: a daemon of fifty members throws dice six times a second. */
export const SEEDS_AHEAD = 256;

/** A tool that takes longer hangs: `wg` and `ip` take milliseconds, and `wg` with a name 20 s. */
export const TOOL_MS = 10_000;
/** For a tool that was killed to be gone; one that hangs in the kernel never is. */
export const TOOL_END_MS = 2_000;
/** What a tool prints: a dump of 10,000 peers is 2 MB. */
export const TOOL_BYTES_MAX: number = 16 * 1024 * 1024;
/** Of what it complains, for the person: the first lines say it. */
export const TOOL_SAID_CHARS_MAX = 400;

/**
 * Between two whole looks at a link, for its MTU: that its addresses or routes are others is seen
 * at once, and without a tool.
 */
export const LINK_LOOK_MS: number = 10 * 60_000;
/** The same where the machine has too many routes to see that. */
export const LINK_LOOK_BLIND_MS = 60_000;
/**
 * Of a table of routes that is read every few seconds: some 1,700 routes. A mesh of 1,000 has
 * fewer.
 */
export const ROUTES_BYTES_MAX: number = 256 * 1_024;

/** For wireguard-go to make its interface and its socket: 20 ms on an idle machine. */
export const WGGO_START_MS = 10_000;
/** Between two looks whether it has. */
export const WGGO_POLL_MS = 20;
/** For it to answer on its socket: it does so at once, or it hangs. */
export const WGGO_ANSWER_MS = 2_000;
/** For it to end by itself once its interface is gone. */
export const WGGO_END_MS = 2_000;
/** After it has died: at once, then doubling, so that one that dies at once costs no core. */
export const WGGO_AGAIN_MS = 200;
export const WGGO_AGAIN_MS_MAX = 30_000;
/** Having lived so long, a death is a new one. */
export const WGGO_STEADY_MS = 60_000;
/** The state of 4,096 peers of some 300 bytes each. */
export const CONTROL_BYTES_MAX: number = 4 * 1024 * 1024;
/** For wireguard-go to answer on its control socket, on a busy machine. */
export const CONTROL_MS = 5_000;

/** What stands before the data of an echo: IP without options, and ICMP. */
export const IPV4_BYTES = 20;
export const IPV6_BYTES = 40;
export const ICMP_BYTES = 8;
/** Of a list of names: 4,096 members with two addresses, some 100 bytes a line. */
export const NAMES_BYTES_MAX: number = 1024 * 1024;
/** For the first answer to an echo: ten are sent meanwhile, of which a bad line may lose most. */
export const ECHO_S = 5;
export const ECHO_EVERY_S = 0.5;

/**
 * What an idle daemon gathers between two collections, beside some 20 MB that live. Each takes some
 * 30 ms; twice as much growth costs 4 MB and saves one in two.
 */
export const HEAP_GROWTH_PERCENT = 20;
/**
 * The start is over by then, and its garbage is half of the heap: from there on it is kept small.
 */
export const HEAP_FIRST_LOOK_MS = 30_000;
