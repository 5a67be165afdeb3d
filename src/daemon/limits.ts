// The bounds of the daemon, each with its reason.

/** Local clients at once: a person's terminals, a screen or two, and the scripts of a machine. */
export const API_CONNECTIONS_MAX = 64;
/** A request: records travel in batches of a megabyte, and JSON doubles their quotation marks. */
export const REQUEST_BYTES_MAX: number = 4 * 1024 * 1024;
/** Lines of one request, and how many bytes of them a client of ours puts into one. */
export const REQUEST_LINES_MAX = 4_096;
export const REQUEST_LINES_BYTES: number = 1024 * 1024;
/** A request to its last byte: it comes from the same machine. */
export const REQUEST_MS_MAX = 30_000;
export const API_HEADERS_BYTES_MAX: number = 8 * 1024;
/** A reply that a client of ours reads: the largest is the status, with its peers. */
export const API_REPLY_BYTES_MAX: number = 1024 * 1024;
/** What the socket's name may take on every system (sun_path of the BSDs; Linux has four more). */
export const SOCKET_PATH_BYTES_MAX = 103;
/** For a daemon to say that it is there: it may be folding a batch just now. */
export const ANSWER_MS_MAX = 5_000;
/** For the lobbies of the network to be asked, one behind the other where there are many. */
export const CANDIDATES_MS_MAX = 20_000;
/**
 * For one peer to answer over the mesh, with a handshake before it, and for the daemon to say so.
 */
export const PING_MS_MAX = 20_000;
/** For a batch of records to be checked and stored, behind others. */
export const TAKE_MS_MAX = 120_000;

/** Readers of events at once, and what may wait for one that does not read: then it is let go. */
export const SUBSCRIBERS_MAX = 16;
export const SUBSCRIBER_BYTES_MAX: number = 256 * 1024;
/** Events that a reader may hear of which came before it: some screens of them, 100 KB. */
export const PAST_EVENTS_MAX = 500;
/** Who waits for work of this node, each at a terminal or in a script. */
export const STEPS_READERS_MAX = 32;
/** One event in a stream, as a client reads it. */
export const EVENT_BYTES_MAX: number = 16 * 1024;

/** Ceremonies that are carried at once: each has a person in front of it. */
export const CARRIES_MAX = 16;
/** Bytes each way: at the end of a ceremony the whole ledger goes across. */
export const CARRY_BYTES_MAX: number = 1024 * 1024 * 1024;
/** A window of ten minutes, and as long again for what follows it. */
export const CARRY_MS_MAX = 1_200_000;
/** For the far end to take a connection: two SYNs lost. */
export const CARRY_CONNECT_MS_MAX = 15_000;

/** How long a daemon waits for a command that writes just now. */
export const LOCK_WAIT_MS_MAX = 10_000;
/** Between two looks at something that another process is about to do. */
export const LOOK_AGAIN_MS = 50;
/** For a daemon to read a ledger of a million records at its start, and to stop. */
export const OPENING_MS_MAX = 120_000;
export const STOPPING_MS_MAX = 30_000;
/** For work that is between two states to come to rest before the daemon is replaced. */
export const SETTLE_MS_MAX = 60_000;
/** For the next daemon to find what runs: engines are asked, and one may just be coming up. */
export const TAKE_UP_MS_MAX = 60_000;
/** For clients to read the answers that they have got, when everything else has stopped. */
export const STOP_GRACE_MS = 1_000;
/** How often a checkpoint is saved if there is something new: what a start then verifies again. */
export const CHECKPOINT_EVERY_MS = 30_000;

/** Where the underlay door is, unless told otherwise or told before. */
export const DOOR_PORT = 7_447;
/** Numbers tried until one is free over TCP and over UDP: each is by nine chances in ten. */
export const SHARED_PORT_TRIES_MAX = 16;
/** Images that are added or fetched for somebody who waits, at once. */
export const IMAGE_STREAMS_MAX = 8;
/** How often a door that could not be opened is tried again. */
export const DOOR_RETRY_MS = 10_000;

/** Between two syncs with one peer: what two idle ledgers may be apart for. */
export const SYNC_EVERY_MS = 10_000;
/** Of that, per peer: with more than forty of them four syncs a second are enough. */
export const SYNC_SPACING_MS = 250;
/** Every wait is this much shorter or longer, so that machines started together drift apart. */
export const JITTER_SHARE = 0.2;
/** The longest wait after failures that doubled it: a machine that is back is noticed by then. */
export const RETRY_MS_MAX = 300_000;
/** After news: long enough for a commit of several records to be one sync. */
export const HURRY_MS = 150;
/** Peers told of news at once; they tell others. */
export const HURRIED_MAX = 8;
/** With peers that answer, and tries of addresses of which nobody knows: most of these are dead. */
export const SYNCS_AT_ONCE_MAX = 4;
export const TRIED_AT_ONCE_MAX = 8;
/**
 * So long an address that has not answered keeps other addresses of its peer from being tried: of
 * two that both lead there, one is enough, and across an ocean it has answered by then.
 */
export const ALONE_MS = 2_000;
/** Addresses known at once, whoever named them, and addresses kept for the next start. */
export const KNOWN_MAX = 4_096;
export const KEPT_PEERS_MAX = 64;
export const PEERS_BYTES_MAX: number = 64 * 1024;
/** How often a member is asked where those are that nobody reaches from here. */
export const ASK_EVERY_MS = 60_000;
/** Addresses that are known from others' words alone: a liar must not fill the book. */
export const HEARD_MAX = 128;
/** How often the note of the last sync is written while nothing moves. */
export const NOTE_SYNC_EVERY_MS = 60_000;

/**
 * Between two looks at the addresses of this machine: half a millisecond on one that sleeps else.
 */
export const ENDPOINT_LOOK_MS = 5_000;
/** How long an address must stay before it is told: a lease that is renewed takes less. */
export const ENDPOINT_SETTLE_MS = 10_000;
/** Of the eight addresses of a node, those of IPv4. */
export const ENDPOINT_IPV4_MAX = 4;
/**
 * Between two statements, by the records that the node has left of its 4,096: an address that flaps
 * for ever takes months to use up half of them, and the last are kept for what matters more.
 */
export const ENDPOINT_GAPS: readonly { readonly above: number; readonly gapMs: number }[] = [
  { above: 3_072, gapMs: 300_000 },
  { above: 1_024, gapMs: 3_600_000 },
  { above: 128, gapMs: 86_400_000 },
];
