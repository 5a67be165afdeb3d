// The bounds of the lobby, each with its reason. Those marked AGREED are kept by both ends.

/**
 * AGREED. An announcement: a name and a role of 63 characters each, and what stands around them.
 */
export const ANNOUNCEMENT_BYTES_MAX = 256;
/** For a newcomer to announce itself, and to answer that it is ready: a few round trips. */
export const ANSWER_MS_MAX = 10_000;
/** AGREED. Between two signs of life of the lobby; three fit into the silence that ends it. */
export const STILL_MS = 9_000;
/** AGREED. After so much silence the other is gone, whatever its connection says. */
export const SILENCE_MS = 30_000;
/** Nobody waits longer: a code lives ten minutes, and the next one dials anew. */
export const WAITING_MS_MAX = 660_000;

/** Who waits at once: as many as `kith candidates` shows. */
export const WAITING_MAX = 32;
/** Of one source address: several machines behind one router. */
export const WAITING_PER_SOURCE_MAX = 4;
/** Connections that have not announced themselves yet, whoever they come from. */
export const ENTERING_MAX = 32;

/** Ceremonies that are carried at once: each has a person in front of it. */
export const PIPES_MAX = 16;
/** Of one member: it has four connections, and syncs over them, too. */
export const PIPES_PER_MEMBER_MAX = 2;
/** Bytes each way: at the end of a ceremony the whole ledger goes across. */
export const PIPE_BYTES_MAX: number = 1024 * 1024 * 1024;
/** A window of ten minutes, and as long again for what follows it. */
export const PIPE_MS_MAX = 1_200_000;
/** Without a byte in either direction: both ends of a ceremony say something every 9 s. */
export const PIPE_IDLE_MS = 60_000;

/** Between two tries of a newcomer to reach its lobby, doubling from the first. */
export const FIRST_REDIAL_MS = 500;
export const REDIAL_MS_MAX = 15_000;
/** For a connection and its handshake: two SYNs lost. */
export const CONNECT_MS_MAX = 15_000;
/** Ceremonies that a newcomer takes from its lobby at once: the rest waits its turn. */
export const TAKEN_MAX = 4;

/** What a member answers when it is asked who waits: 32 rows of 250 bytes. */
export const LIST_BYTES_MAX: number = 16 * 1024;
/** For a member to say who waits in its lobby: a person is waiting for all of them. */
export const ASK_MS_MAX = 5_000;
/** Members asked at once, and how long the whole search takes at most. */
export const ASKED_AT_ONCE_MAX = 32;
export const SEARCH_MS_MAX = 12_000;
/** For a lobby to give us a newcomer: a handshake, and the newcomer's answer behind it. */
export const FETCH_MS_MAX = 30_000;
