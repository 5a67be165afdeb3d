// The bounds of the peer API, each with its reason. What a reply or request may hold is bounded by
// the protocol itself (ledger/limits.ts); here is what the wire adds.

import type { Rate } from '../../ledger/bucket.ts';
import {
  LINE_BYTES_MAX,
  PULL_REQUEST_BYTES_MAX,
  REPLY_BYTES_MAX,
  REPLY_RECORDS_MAX,
  WALK_REPLY_BYTES_MAX,
} from '../../ledger/limits.ts';

/** Lines that a newcomer brings inside its certificate: its admission, and the operator's above. */
export const BROUGHT_BYTES_MAX: number = 16 * 1024;
/** A certificate: what is brought, and the 300 bytes around it. */
export const CERTIFICATE_BYTES_MAX: number = BROUGHT_BYTES_MAX + 2 * 1024;

/** Connections at once: every member of a large network twice, at some 50 KB each. */
export const CONNECTIONS_MAX = 512;
/**
 * Of one member: a sync uses one, a broken one may linger beside its successor, and each person who
 * follows a log there has one of their own.
 */
export const CONNECTIONS_PER_PEER_MAX = 16;
/** Of one address before it has shown who it is, so that a stranger cannot take all the places. */
export const UNPROVEN_PER_ADDRESS_MAX = 16;
/** For the door to decide: it may have to check and store an admission. */
export const DOOR_MS_MAX = 10_000;

/** Headers: ours take 200 bytes. */
export const HEADERS_BYTES_MAX: number = 4 * 1024;
/** How long a server waits for what, in ms. */
export interface Patience {
  /** From the first byte to the end of the handshake: ten round trips on the slowest link. */
  readonly handshakeMs: number;
  readonly headersMs: number;
  /** A request to its last byte: a full push over 128 kbit/s takes 70 s. */
  readonly requestMs: number;
  /** A request and its reply, reading included. */
  readonly exchangeMs: number;
  /** Without a single byte, in either direction. */
  readonly idleMs: number;
}
export const PATIENCE: Patience = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 120_000,
  exchangeMs: 300_000,
  idleMs: 30_000,
};
/** How often the server looks for requests that take too long. */
export const PATIENCE_CHECK_MS = 1_000;

export const HELLO_BYTES_MAX = 1_024;
/** Members whose addresses are told at once: with eight each they fill half of a reply. */
export const TOLD_MEMBERS_MAX = 256;
/** 256 places of 64 nibbles. */
export const WALK_BYTES_MAX: number = 32 * 1024;
export const PULL_BYTES_MAX: number = PULL_REQUEST_BYTES_MAX + 4 * 1024;
/** A page: it ends with the first line past its bound, or with all the lines of one seq. */
export const PAGE_BYTES_MAX: number = REPLY_BYTES_MAX + 16 * LINE_BYTES_MAX;
export const PAGE_LINES_MAX: number = REPLY_RECORDS_MAX + 16;
/** A line on the wire: the end of a page names up to 1,024 places. Records are shorter. */
export const WIRE_LINE_BYTES_MAX: number = 24 * 1024;
/** A hello or a walk: the largest node may come on top of a nearly full reply. */
export const BODY_BYTES_MAX: number = WALK_REPLY_BYTES_MAX + 64 * 1024;
/** Lines handed to the replica at once: one write to the disk, while the next ones arrive. */
export const BATCH_BYTES: number = 256 * 1024;

/** What is metered of each peer. */
export type Metered = 'bytes' | 'lines' | 'nodes' | 'bulk';
export const RATES: Readonly<Record<Metered, Rate>> = {
  /** Sent and read for it: a first sync of 500 MB takes half a minute. */
  bytes: { perSecond: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 },
  /** Lines it pushes, each perhaps a signature check of 0.1 ms: a fifth of one core. */
  lines: { perSecond: 2_000, burst: 20_000 },
  /** Trie nodes it asks for, at 0.05 ms: a tenth of one core, and the walk of 10,000 authors. */
  nodes: { perSecond: 2_000, burst: 16_384 },
  /** Images it fetches: more than a link of 2.5 Gbit/s carries, so that the link is the bound. */
  bulk: { perSecond: 320 * 1024 * 1024, burst: 1024 * 1024 * 1024 },
};
/** Large answers at once, of 4 MiB each: 128 MiB of memory, and every link is busy by then. */
export const BULK_AT_ONCE_MAX = 32;
/** How long a faulty peer is not spoken to: it needs a repair, not a retry. */
export const FAULTY_MS = 300_000;

/** Attempts at one request in a row before a sync gives up; doubling from the first wait. */
export const ATTEMPTS_MAX = 5;
export const FIRST_RETRY_MS = 200;
/** Before the first answer: a closed door looks like a broken connection, and a person may wait. */
export const FIRST_ATTEMPTS_MAX = 3;
/** How often a busy peer is waited for in one sync, and for how long at most each time. */
export const BUSY_WAITS_MAX = 64;
export const BUSY_WAIT_MS_MAX = 30_000;
/** For a connection and its handshake: two SYNs lost. */
export const CONNECT_MS_MAX = 15_000;

/** Meets and leases that one member may ask for: a search of each of its links, and again. */
export const MESH_ASKS_RATE: Rate = { perSecond: 4, burst: 64 };
/** Images that are told at once: with their names they fill half of a reply. */
export const TOLD_IMAGES_MAX = 512;

/**
 * Questions about work of one member: a placer that places as much as a host admits, and lists. A
 * host that takes five hundred pieces of work in a second is asked twice for each.
 */
export const WORK_ASKS_RATE: Rate = { perSecond: 1_000, burst: 4_000 };
/** What is asked for by id and place. */
export const WORK_ASK_BYTES_MAX: number = 8 * 1024;
/** A page of a log, and a part of an output file: what travels while others have their turn. */
export const WORK_PAGE_BYTES: number = 256 * 1024;
/** A list of work, as it is read: two thousand rows. */
export const WORK_LIST_BYTES_MAX: number = 4 * 1024 * 1024;
