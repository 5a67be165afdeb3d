// Recovery: the paper secret signs one thing, a new root. Epochs are followed one by one from
// genesis, so a used sheet can do nothing more, and a rotation's cuts stand above every rank.
// Spec: docs/ledger.md, "Recovery".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Book, Note } from './book.ts';
import type { CutPoint } from './chain.ts';
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
    const rotations = (books.get(author)?.notes ?? []).filter(
      (note) => note.act.kind === 'root.rotate',
    );
    stopped = rotations.length > 1;
    const rotation = stopped ? undefined : rotations[0];
    if (rotation?.act.kind !== 'root.rotate') break;
    const next: RootRotateBody = rotation.act.body;
    // Every root of the epoch must be cut by name, and a key that led here cannot lead on.
    if (!cutsAll(next, all, epoch) || recoveries.includes(next.recovery)) break;
    followed.add(rotation.id);
    for (const { key, seq, last } of next.cuts) {
      if (!cuts.has(key)) cuts.set(key, { seq, last, by: rotation.id, author });
    }
    epoch++;
    body = next;
    const known = new Set(all.map((seat) => seat.key));
    all.push(...seats(next, epoch, rotation.id).filter((seat) => !known.has(seat.key)));
    recoveries.push(next.recovery);
  }
  return { epoch, seats: all, recoveries, cuts, followed, stopped };
}

function cutsAll(body: RootRotateBody, all: readonly RootSeat[], epoch: number): boolean {
  const named = new Set(body.cuts.map((cut) => cut.key));
  const current = all.filter((seat) => seat.epoch === epoch);
  return current.length === named.size && current.every((seat) => named.has(seat.key));
}
