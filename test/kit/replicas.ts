// Replicas for histories: fed through the real door without signatures, rebuilt from scratch, and
// made to exchange what their frontiers say they lack. What the properties of the fold stand on.

import type { Key } from '../../proto/ids.ts';
import { canonical, type Json } from '../../proto/json.ts';
import { type Book, emptyBook, keepNote, noteOf } from '../../ledger/book.ts';
import { link } from '../../ledger/chain.ts';
import { type Mode, screen } from '../../ledger/door.ts';
import { sameEntry } from '../../ledger/frontier.ts';
import { holdingsOf } from '../../ledger/holdings.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import {
  type Replica,
  apply,
  assembleReplica,
  frontierRoot,
  frontierTrie,
  stateOf,
  stateRoot,
} from '../../ledger/replica.ts';
import { type MemoryShelf, memoryShelf } from '../../ledger/shelf.ts';
import { type Verified, trustOwn } from '../../ledger/verify.ts';
import { NO_TALLY } from '../../ledger/sync-holdings.ts';
import { voidRecords } from '../../ledger/voids.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type World, world } from './actors.ts';
import { type Party, converse, honest } from './converse.ts';

export interface Feeding {
  readonly mode?: Mode;
  readonly batch?: number;
  /** Called after each record that was taken. */
  readonly taken?: (replica: Replica, record: Decoded) => void;
}

/** Takes records in this order until nothing moves; their signatures are taken to be good. */
export function feed(into: World, records: readonly Decoded[], feeding: Feeding = {}): number {
  let todo: Decoded[] = [...records];
  let taken = 0;
  for (let before = -1; taken > before && todo.length > 0; ) {
    before = taken;
    const again: Decoded[] = [];
    for (let at = 0; at < todo.length; ) {
      const batch = todo.slice(at, at + (feeding.batch ?? 1));
      at += batch.length;
      const { took, released, unknown } = takeBatch(into, batch, feeding);
      taken += took;
      again.push(...unknown);
      todo.splice(at, 0, ...released);
    }
    todo = again;
  }
  return taken;
}

function takeBatch(
  into: World,
  batch: readonly Decoded[],
  { mode = 'door', taken }: Feeding,
): { took: number; released: Decoded[]; unknown: Decoded[] } {
  const released: Decoded[] = [];
  const unknown: Decoded[] = [];
  let took = 0;
  for (const [i, outcome] of screen(into.replica, batch, mode).entries()) {
    const record = batch[i] as Decoded;
    if (outcome.kind === 'refused' && outcome.code === 'unknown-author') unknown.push(record);
    if (outcome.kind !== 'check') continue;
    into.shelf.put(record);
    released.push(...apply(into.replica, record as Verified));
    taken?.(into.replica, record);
    took++;
  }
  return { took, released, unknown };
}

function heldBy(shelf: MemoryShelf, replica: Replica): Decoded[] {
  return [...replica.books.keys()].flatMap((author) => [
    ...shelf.read(author, 1, Number.MAX_SAFE_INTEGER),
  ]);
}

/** Another replica over the same held records: nothing incremental, another order. */
export function fromScratch(of: World, genesis: Decoded): World {
  const shelf = memoryShelf();
  const books = new Map<Key, Book>();
  const held = heldBy(of.shelf, of.replica).toSorted(
    (a, b) => a.seq - b.seq || (a.id < b.id ? 1 : -1),
  );
  for (const record of held) {
    shelf.put(record);
    let book = books.get(record.author);
    if (book === undefined) books.set(record.author, (book = emptyBook(record.author)));
    link(book.chain, record, shelf);
    const note = noteOf(record);
    if (note !== null) keepNote(book, note);
  }
  const note = noteOf(genesis);
  if (note === null) throw new Error('genesis has a note');
  const replica = assembleReplica(note, books, held.length, shelf, nodePlatform);
  return { replica, shelf, refused: [], checks: { count: 0 } };
}

/** All that may be compared of a replica, as text: its roots, its state, its verdicts. */
export function picture(replica: Replica): string {
  const voids = [...voidRecords(replica)]
    .map(({ id, code }) => `${id} ${code}`)
    .toSorted()
    .join('\n');
  const state = canonical(stateOf(replica) as unknown as Json);
  return [frontierRoot(replica), stateRoot(replica), state, voids].join('\n');
}

export function roots(replica: Replica): string {
  return `${frontierRoot(replica)} ${stateRoot(replica)}`;
}

/** What one replica may send of every author whose entries differ, seniors first. */
function differing(from: Replica, to: Replica): Decoded[] {
  const mine = frontierTrie(from);
  const theirs = frontierTrie(to);
  const authors = mine
    .entriesAt('')
    .map(({ author }) => author)
    .filter((author) => !sameEntry(mine.get(author), theirs.get(author)));
  const holdings = holdingsOf(from);
  return authors
    .toSorted((a, b) => holdings.generation(a) - holdings.generation(b))
    .flatMap((author) => [...(holdings.lines(author, 1) as Iterable<Decoded>)]);
}

/** Exchanges by frontier entries, every pair, until nothing moves any more. */
export function exchange(worlds: readonly World[], modes: readonly Mode[] = []): void {
  for (let round = 0; round < 64; round++) {
    let moved = 0;
    for (const [i, from] of worlds.entries()) {
      for (const [j, to] of worlds.entries()) {
        if (i === j || frontierRoot(from.replica) === frontierRoot(to.replica)) continue;
        moved += feed(to, differing(from.replica, to.replica), { mode: modes[j] ?? 'door' });
      }
    }
    if (moved === 0) return;
  }
  throw new Error('an exchange that does not end');
}

/**
 * Syncs every pair over the real sync machine, both ways round, until a whole round moves nothing.
 */
export function agree(worlds: readonly World[]): void {
  for (let round = 0; round < 16; round++) {
    let moved = 0;
    for (const from of worlds) {
      for (const to of worlds) {
        if (from === to) continue;
        const talk = converse(nodePlatform, partyOf(from), honest(partyOf(to)));
        moved += talk.moved.pulled.accepted + talk.moved.pushed.accepted;
      }
    }
    if (moved === 0) return;
  }
}

function partyOf(of: World): Party {
  const holdings = holdingsOf(of.replica);
  return {
    holdings,
    ingest(lines) {
      const records = lines.map((line) => decodeText(line, nodePlatform));
      const good = records.flatMap((decoded) => (decoded.ok ? [decoded.value] : []));
      const accepted = feed(of, good, { batch: good.length || 1 });
      return { ...NO_TALLY, accepted, duplicates: good.length - accepted };
    },
  };
}

export function emptyWorld(genesis: Decoded): World {
  return world(trustOwn(genesis));
}
