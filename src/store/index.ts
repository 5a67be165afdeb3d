// Where each held record stands in nodes.jsonl: (author, seq) -> places, id -> (author, seq).
// Written in batches behind the appends; what is not written yet stands in memory, so that every
// answer is whole. Bound to the file by the hash of the prefix it speaks of; when in doubt it is
// made anew.

import type { Key, RecordId } from '../../proto/ids.ts';
import { assert } from '../../proto/assert.ts';
import type { Kv, Put } from './kv.ts';
import { INDEX_AUTHORS_MAX } from './limits.ts';
import {
  AUTHOR_ROWS,
  type Mark,
  type Place,
  SEQ_SPAN,
  authorOfRow,
  authorRow,
  idKey,
  idRow,
  MARK_KEY,
  markOfRow,
  markRow,
  numberOfRow,
  placeKey,
  placeRow,
  placesOfRow,
} from './rows.ts';

export interface Index {
  /** As of the last flush; null for an index that is new, or was left in the middle of a replay. */
  readonly mark: Mark | null;
  readonly records: number;
  /** Entries that are in memory only. */
  readonly waiting: number;
  placesAt(author: Key, seq: number): readonly Place[];
  placeOf(id: RecordId): Place | null;
  isHeld(author: Key, seq: number, id: RecordId): boolean;
  /** 0 for an author without a record. */
  highest(author: Key): number;
  /** Takes a record in. False where it was held already. */
  put(author: Key, seq: number, place: Place): boolean;
  /**
   * Writes what waits, with the mark as it is at that moment. A null mark means the middle of a
   * replay: a crash before its end leaves an index that is made anew.
   */
  flush(mark: () => Covered | null, durable: boolean): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The prefix that everything put so far speaks of. */
export type Covered = Omit<Mark, 'records'>;

interface Author {
  readonly number: number;
  readonly key: Key;
  highest: number;
}
interface Waiting {
  readonly author: Author;
  readonly seq: number;
  readonly places: Place[];
}
interface Overlay {
  readonly places: Map<number, Waiting>;
  readonly ids: Map<RecordId, number>;
}

/** The index on its way: what is in the table, and the two generations that are not. */
interface Rows {
  readonly kv: Kv;
  held: Held;
  /** Takes entries in, while `leaving` is on its way to the disk. */
  now: Overlay;
  leaving: Overlay;
}

export async function openIndex(kv: Kv): Promise<Index> {
  const rows: Rows = {
    kv,
    held: await readHeld(kv),
    now: emptyOverlay(),
    leaving: emptyOverlay(),
  };
  let turn: Promise<void> = Promise.resolve();
  // Flushes and clears take turns, or a later one could be written under an earlier one.
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  return {
    get mark() {
      return rows.held.mark;
    },
    get records() {
      return rows.held.records;
    },
    get waiting() {
      return rows.now.ids.size + rows.leaving.ids.size;
    },
    placesAt: (key, seq) => placesAt(rows, key, seq),
    placeOf: (id) => placeOf(rows, id),
    isHeld: (key, seq, id) => placesAt(rows, key, seq).some((place) => place.id === id),
    highest: (key) => rows.held.authors.get(key)?.highest ?? 0,
    put: (key, seq, place) => put(rows, key, seq, place),
    flush: (mark, durable) => inTurn(() => flush(rows, mark, durable)),
    clear: () =>
      inTurn(async () => {
        await kv.clear();
        [rows.held, rows.now, rows.leaving] = [emptyHeld(), emptyOverlay(), emptyOverlay()];
      }),
    close: () => inTurn(() => kv.close()),
  };
}

function placeNumber(author: Author, seq: number): number {
  return author.number * SEQ_SPAN + seq;
}

function placesAt(rows: Rows, key: Key, seq: number): readonly Place[] {
  const author = rows.held.authors.get(key);
  if (author === undefined || seq > author.highest || seq < 1) return [];
  return placesOf(rows, author, seq);
}

function placesOf({ kv, now, leaving }: Rows, author: Author, seq: number): readonly Place[] {
  const at = placeNumber(author, seq);
  const known = now.places.get(at) ?? leaving.places.get(at);
  return known?.places ?? placesOfRow(kv.get(placeKey(author.number, seq)));
}

function placeOf(rows: Rows, id: RecordId): Place | null {
  const { kv, now, leaving, held } = rows;
  const at = now.ids.get(id) ?? leaving.ids.get(id) ?? numberOfRow(kv.get(idKey(id)));
  if (at === undefined) return null;
  const author = held.list[Math.floor(at / SEQ_SPAN)];
  if (author === undefined) return null;
  return placesOf(rows, author, at % SEQ_SPAN).find((place) => place.id === id) ?? null;
}

function put(rows: Rows, key: Key, seq: number, place: Place): boolean {
  const { held, now } = rows;
  const author = authorOf(held, key);
  const isNew = seq > author.highest;
  const known = isNew ? [] : placesOf(rows, author, seq);
  if (known.some((other) => other.id === place.id)) return false;
  assert(seq < SEQ_SPAN, 'a quota bounds seq');
  const at = placeNumber(author, seq);
  now.places.set(at, { author, seq, places: [...known, place] });
  now.ids.set(place.id, at);
  if (isNew) author.highest = seq;
  held.records++;
  return true;
}

async function flush(rows: Rows, mark: () => Covered | null, durable: boolean): Promise<void> {
  const { kv, held } = rows;
  rows.leaving = rows.now;
  rows.now = emptyOverlay();
  const covered = mark();
  const next = covered === null ? null : { ...covered, records: held.records };
  try {
    await kv.write(overlayRows(rows.leaving, next), durable);
    held.mark = next;
  } catch (error) {
    // Nothing is lost: what was leaving stays, under whatever came since.
    rows.now = {
      places: new Map([...rows.leaving.places, ...rows.now.places]),
      ids: new Map([...rows.leaving.ids, ...rows.now.ids]),
    };
    throw error;
  } finally {
    rows.leaving = emptyOverlay();
  }
}

interface Held {
  readonly authors: Map<Key, Author>;
  readonly list: Author[];
  mark: Mark | null;
  records: number;
}

function emptyHeld(): Held {
  return { authors: new Map(), list: [], mark: null, records: 0 };
}

function emptyOverlay(): Overlay {
  return { places: new Map(), ids: new Map() };
}

async function readHeld(kv: Kv): Promise<Held> {
  const held = emptyHeld();
  const row = kv.get(MARK_KEY);
  // Every write brings a mark, so a table without one is new.
  if (row === undefined) return held;
  const mark = markOfRow(row);
  if (mark === null) {
    await kv.clear();
    return held;
  }
  for await (const [, value] of kv.entries(AUTHOR_ROWS)) {
    const author = { number: held.list.length, ...authorOfRow(value) };
    held.authors.set(author.key, author);
    held.list.push(author);
  }
  held.mark = mark;
  held.records = mark.records;
  return held;
}

function authorOf(held: Held, key: Key): Author {
  const known = held.authors.get(key);
  if (known !== undefined) return known;
  const author = { number: held.list.length, key, highest: 0 };
  assert(author.number < INDEX_AUTHORS_MAX, 'place keys are exact integers');
  held.authors.set(key, author);
  held.list.push(author);
  return author;
}

function* overlayRows(overlay: Overlay, mark: Mark | null): Iterable<Put> {
  const authors = new Set<Author>();
  for (const { author, seq, places } of overlay.places.values()) {
    authors.add(author);
    yield placeRow(author.number, seq, places);
  }
  for (const [id, at] of overlay.ids) yield idRow(id, at);
  for (const author of authors) yield authorRow(author);
  yield markRow(mark);
}
