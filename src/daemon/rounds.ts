// Whom to sync with next: a book of addresses, and functions that answer a new one. Pure: the time
// and the jitter come in. A peer is asked every ten seconds, sooner when there is news, later after
// failures; one address a peer is enough while it answers, and one on the mesh is the best. A peer
// whose heartbeat shows the same root need not be asked. Spec: docs/daemon.md, "Syncing".

import { withEntry } from '../../proto/entry.ts';
import type { Key } from '../../proto/ids.ts';
import {
  ALONE_MS,
  HEARD_MAX,
  HURRIED_MAX,
  HURRY_MS,
  JITTER_SHARE,
  KNOWN_MAX,
  RETRY_MS_MAX,
  SYNCS_AT_ONCE_MAX,
  SYNC_EVERY_MS,
  SYNC_SPACING_MS,
  TRIED_AT_ONCE_MAX,
} from './limits.ts';
import type { PeerStatus } from './routes.ts';

export interface Known {
  readonly url: string;
  readonly source: PeerStatus['source'];
  /** Whom it led to last, or whose address it is said to be. */
  readonly key: Key | null;
  /** In a row. */
  readonly failures: number;
  readonly dueAtMs: number;
  /** When it last ended in agreement. */
  readonly goodAtMs: number | null;
}

export type Book = ReadonlyMap<string, Known>;
/** Addresses that are being asked, and since when without a word; null: somebody speaks there. */
export type Busy = ReadonlyMap<string, number | null>;

export type Found = Pick<Known, 'url' | 'source' | 'key'>;

/**
 * The book with these addresses of one source in it, due at once, and without others of that
 * source: what the ledger says is all that it says.
 */
export function learned(
  book: Book,
  source: Known['source'],
  found: readonly Found[],
  atMs: number,
): Book {
  const named = new Set(found.map(({ url }) => url));
  const next = new Map<string, Known>();
  for (const [url, known] of book) {
    if (known.source !== source || named.has(url)) next.set(url, known);
  }
  for (const { url, key } of found) {
    if (next.has(url) || next.size >= KNOWN_MAX) continue;
    next.set(url, { url, source, key, failures: 0, dueAtMs: atMs, goodAtMs: null });
  }
  return next;
}

/** Who of these answers nowhere that is known: worth asking others about. */
export function lostAmong(book: Book, keys: readonly Key[]): ReadonlySet<Key> {
  const lost = new Set(keys);
  for (const { key, goodAtMs, failures } of book.values()) {
    if (key !== null && goodAtMs !== null && failures === 0) lost.delete(key);
  }
  return lost;
}

/**
 * The book with what a member has told of those who are lost, in place of what was heard before and
 * has come to nothing. Hearsay is an address to try: it changes nothing of what is known better.
 */
export function heard(
  book: Book,
  told: readonly { readonly key: Key; readonly urls: readonly string[] }[],
  lost: ReadonlySet<Key>,
  atMs: number,
): Book {
  const proven = [...book.values()].filter(
    ({ source, goodAtMs }) => source === 'heard' && goodAtMs !== null,
  );
  const fresh = told
    .filter(({ key }) => lost.has(key))
    .flatMap(({ key, urls }) => urls.map((url): Found => ({ url, source: 'heard', key })));
  return learned(book, 'heard', [...proven, ...fresh].slice(0, HEARD_MAX), atMs);
}

/**
 * Those to be asked now, the longest due first: a few of those that answer and a few others, and
 * one address a peer. An address that is dead takes most of a minute to say so: nobody who answers
 * waits for that, and the same peer at another place but a moment.
 */
export function due(book: Book, busy: Busy, atMs: number): readonly Known[] {
  const turns = turnsIn(book, busy);
  const waiting = [...book.values()].filter(
    ({ url, dueAtMs }) => dueAtMs <= atMs && !busy.has(url),
  );
  return waiting
    .toSorted((a, b) => a.dueAtMs - b.dueAtMs)
    .filter((known) => {
      const isNext = turns.freeAtMs(known) <= atMs && !isReachedBetter(book, known);
      if (isNext) turns.take(known, atMs);
      return isNext;
    });
}

/** When somebody is due whom there is room to ask, or null where nobody is. */
export function nextDueAtMs(book: Book, busy: Busy): number | null {
  const turns = turnsIn(book, busy);
  let next = Number.POSITIVE_INFINITY;
  for (const known of book.values()) {
    if (busy.has(known.url) || known.dueAtMs >= next) continue;
    const atMs = Math.max(known.dueAtMs, turns.freeAtMs(known));
    // The dear question last: it looks at the whole book.
    if (atMs < next && !isReachedBetter(book, known)) next = atMs;
  }
  return Number.isFinite(next) ? next : null;
}

interface Turns {
  /** From when on it may be asked; infinite where another has to end before. */
  freeAtMs(known: Known): number;
  take(known: Known, sinceMs: number): void;
}

/** Who is being asked: at addresses that answer, and at others. */
function turnsIn(book: Book, busy: Busy): Turns {
  const [sure, heldUntilMs] = [new Set<Key>(), new Map<Key, number>()];
  const room = { sure: SYNCS_AT_ONCE_MAX, others: TRIED_AT_ONCE_MAX };
  const take = (key: Key | null, silentSinceMs: number | null): void => {
    if (silentSinceMs === null) {
      room.sure -= 1;
      if (key !== null) sure.add(key);
    } else {
      room.others -= 1;
      const untilMs = silentSinceMs + ALONE_MS;
      if (key !== null) heldUntilMs.set(key, Math.max(untilMs, heldUntilMs.get(key) ?? untilMs));
    }
  };
  for (const [url, silentSinceMs] of busy) {
    const known = book.get(url);
    const isSure = known !== undefined && answers(known);
    take(known?.key ?? null, isSure ? null : silentSinceMs);
  }
  return {
    freeAtMs(known) {
      const { key } = known;
      const isSure = answers(known);
      const isFull = (isSure ? room.sure : room.others) <= 0;
      if (isFull || (key !== null && sure.has(key))) return Number.POSITIVE_INFINITY;
      const heldMs = key === null || isSure ? undefined : heldUntilMs.get(key);
      return heldMs ?? Number.NEGATIVE_INFINITY;
    },
    take: (known, sinceMs) => take(known.key, answers(known) ? null : sinceMs),
  };
}

/** It has answered there last, or is heard there. */
function answers({ failures, goodAtMs, source }: Known): boolean {
  return failures === 0 && (goodAtMs !== null || source === 'mesh');
}

/**
 * Whether its peer answers at another address, which was good later than this one. One on the mesh
 * is better than any other until it fails: it goes wherever the peer goes.
 */
function isReachedBetter(book: Book, { url, key, source, failures, goodAtMs }: Known): boolean {
  if (key === null) return false;
  if (source === 'mesh' && failures === 0) return false;
  for (const other of book.values()) {
    if (other.url === url || other.key !== key || other.failures > 0) continue;
    if (other.source === 'mesh') return true;
    if (other.goodAtMs === null) continue;
    if (failures > 0 || goodAtMs === null || goodAtMs < other.goodAtMs) return true;
  }
  return false;
}

/** A sync begins: the next one is an ordinary wait away, unless there is news until it ends. */
export function begun(book: Book, url: string, atMs: number, jitter: number): Book {
  const everyMs = Math.max(SYNC_EVERY_MS, book.size * SYNC_SPACING_MS);
  return changed(book, url, (known) => ({
    ...known,
    dueAtMs: atMs + jittered(everyMs, jitter),
  }));
}

/** A sync has ended: in agreement with `key`, or not. */
export function ended(
  book: Book,
  url: string,
  result: { readonly agree: boolean; readonly key: Key | null },
  atMs: number,
  jitter: number,
): Book {
  return changed(book, url, (known) => {
    const key = result.key ?? known.key;
    if (result.agree) return { ...known, key, failures: 0, goodAtMs: atMs };
    const failures = known.failures + 1;
    const waitMs = Math.min(RETRY_MS_MAX, SYNC_EVERY_MS * 2 ** Math.min(failures - 1, 16));
    return { ...known, key, failures, dueAtMs: atMs + jittered(waitMs, jitter) };
  });
}

/** There is news: some of those that answer are due at once. `from` has it already. */
export function hurried(book: Book, from: Key | null, atMs: number, jitter: number): Book {
  const good = [...book.values()].filter(
    (known) =>
      known.goodAtMs !== null &&
      known.failures === 0 &&
      known.key !== from &&
      !isReachedBetter(book, known),
  );
  const first = Math.floor(jitter * good.length);
  const chosen = [...good.slice(first), ...good.slice(0, first)].slice(0, HURRIED_MAX);
  const next = new Map(book);
  for (const known of chosen) {
    const dueAtMs = Math.min(known.dueAtMs, atMs + HURRY_MS);
    next.set(known.url, { ...known, dueAtMs });
  }
  return next;
}

/**
 * A heartbeat of a peer came in. Under the same root both hold the same, and asking can wait; under
 * another one its address on the mesh is due at once.
 */
export function beaten(
  book: Book,
  { key, isSame }: { readonly key: Key; readonly isSame: boolean },
  atMs: number,
  jitter: number,
): Book {
  let next = book;
  for (const known of book.values()) {
    if (known.key !== key || known.source !== 'mesh') continue;
    const { url, source } = known;
    const dueAtMs = isSame ? atMs + jittered(SYNC_EVERY_MS * 2, jitter) : atMs;
    const failures = isSame ? 0 : known.failures;
    const goodAtMs = isSame ? atMs : known.goodAtMs;
    next = withEntry(next, url, { url, source, key, failures, dueAtMs, goodAtMs });
  }
  return next;
}

/** Without an address: it led to this machine itself. */
export function without(book: Book, url: string): Book {
  const next = new Map(book);
  next.delete(url);
  return next;
}

function changed(book: Book, url: string, change: (known: Known) => Known): Book {
  const known = book.get(url);
  return known === undefined ? book : withEntry(book, url, change(known));
}

/** `jitter` is 0 to 1. */
export function jittered(ms: number, jitter: number): number {
  return Math.round(ms * (1 - JITTER_SHARE + 2 * JITTER_SHARE * jitter));
}
