// Recovery: the paper secret signs one thing, a new root. Epochs are followed one by one from
// genesis, so a used sheet can do nothing more, and a rotation's cuts stand above every rank.
// Spec: docs/ledger.md, "Recovery".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Book, Note } from './book.ts';
import { type CutPoint, type Live, NOTHING_LIVE } from './chain.ts';
import type { GenesisBody, RootRotateBody } from './kinds.ts';
import type { Rank } from './rank.ts';

export interface RootSeat {
  readonly key: Key;
  readonly name: string;
  readonly rank: Rank;
  readonly epoch: number;
  /** The record that seats it: genesis or a rotation. */
  readonly by: RecordId;
}

export interface RecoveryCut extends CutPoint {
  readonly by: RecordId;
  readonly author: Key;
}

export interface Epochs {
  readonly epoch: number;
  /** Seats of every epoch: the acts of old roots stand as far as their cut honours them. */
  readonly seats: readonly RootSeat[];
  /** Keys that may have signed a rotation, the current one last. */
  readonly recoveries: readonly Key[];
  readonly cuts: ReadonlyMap<Key, RecoveryCut>;
  /** Records that took effect here: genesis and the rotations that were followed. */
  readonly followed: ReadonlySet<RecordId>;
  /** Two rotations by one recovery key: the epochs stop there. */
  readonly stopped: boolean;
}

function seats(body: GenesisBody | RootRotateBody, epoch: number, by: RecordId): RootSeat[] {
  return body.roots.map(({ key, name }, i) => ({ key, name, rank: [0 - epoch, i], epoch, by }));
}

export function followEpochs(genesis: Note, books: ReadonlyMap<Key, Book>): Epochs {
  if (genesis.act.kind !== 'genesis') throw new Error('broken rule: epochs start at genesis');
  let body: GenesisBody | RootRotateBody = genesis.act.body;
  let epoch = 0;
  let stopped = false;
  const all: RootSeat[] = seats(body, 0, genesis.id);
  const recoveries: Key[] = [body.recovery];
  const cuts = new Map<Key, RecoveryCut>();
  const followed = new Set<RecordId>([genesis.id]);
  for (;;) {
    const author: Key = body.recovery;
    const rotations = rotationsOf(books.get(author));
    stopped = rotations.length > 1;
    const rotation = stopped ? undefined : rotations[0];
    if (rotation?.act.kind !== 'root.rotate') break;
    const next: RootRotateBody = rotation.act.body;
    // A key is one thing for good: who was a root or a recovery key is not seated again, and a
    // rotation that would leave nobody to cut by name next time leads nowhere.
    const used = new Set<Key>([...all.map((seat) => seat.key), ...recoveries]);
    const fresh = seats(next, epoch + 1, rotation.id).filter((seat) => !used.has(seat.key));
    if (fresh.length === 0 || used.has(next.recovery) || !cutsAll(next, all, epoch)) break;
    followed.add(rotation.id);
    for (const { key, seq, last } of next.cuts) {
      cuts.set(key, { seq, last, by: rotation.id, author });
    }
    epoch++;
    body = next;
    all.push(...fresh);
    recoveries.push(next.recovery);
  }
  return { epoch, seats: all, recoveries, cuts, followed, stopped };
}

/** All that a recovery key may ever say, on any branch. */
export function rotationsOf(book: Book | undefined): readonly Note[] {
  return (book?.notes ?? []).filter((note) => note.act.kind === 'root.rotate');
}

/**
 * The live part of a recovery key: its rotation, or none where it signed two. What the same key
 * wrote as a member, before it was made the recovery key, is nothing.
 */
export function recoveryPart(book: Book | undefined): Live {
  const [first, second] = rotationsOf(book);
  if (first === undefined) return NOTHING_LIVE;
  if (second !== undefined) return { ...NOTHING_LIVE, frozen: true };
  return { seq: 1, id: first.id, branch: new Set([first.id]), frozen: false };
}

/** Every root of the epoch must be cut by name, and nobody else. */
function cutsAll(body: RootRotateBody, all: readonly RootSeat[], epoch: number): boolean {
  const named = new Set(body.cuts.map((cut) => cut.key));
  const current = all.filter((seat) => seat.epoch === epoch);
  return current.length === named.size && current.every((seat) => named.has(seat.key));
}
