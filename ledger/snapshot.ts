// The folded state as a value, for the checkpoint: the books, from which membership, authority and
// configuration are resolved again at once. Bound by the roots: a snapshot that does not fold to
// the roots it was saved with is thrown away. Spec: docs/ledger.md, "Checkpoint".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Json, JsonObject } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import type { Book, Note, Profile } from './book.ts';
import { type Replica, assembleReplica } from './replica.ts';
import type { Shelf } from './shelf.ts';

interface BookSnapshot {
  readonly author: Key;
  readonly trunk: number;
  readonly trunk_id: RecordId | '';
  readonly branches: readonly { id: RecordId; seq: number; prev: RecordId | '' }[];
  readonly notes: readonly Omit<Note, 'author'>[];
  readonly profile: Profile;
  readonly profile_at: { readonly seq: number; readonly id: RecordId | '' };
}

interface Snapshot {
  readonly records: number;
  readonly books: readonly BookSnapshot[];
}

export function snapshotOf(replica: Replica): Json {
  const books: BookSnapshot[] = [...replica.books].map(([author, book]) => ({
    author,
    trunk: book.chain.trunk,
    trunk_id: book.chain.trunkId,
    branches: [...book.chain.branches].map(([id, branch]) => ({ id, ...branch })),
    notes: book.notes.map(({ author: _, ...note }) => note),
    profile: book.profile,
    profile_at: book.profileAt,
  }));
  const snapshot: Snapshot = { records: replica.records, books };
  return snapshot as unknown as JsonObject;
}

/**
 * The replica of a snapshot that this machine took itself; compare its roots before trusting it.
 */
export function restoreReplica(snapshot: Json, shelf: Shelf, platform: Platform): Replica {
  const { records, books } = snapshot as unknown as Snapshot;
  const restored = new Map(books.map((book) => [book.author, restoreBook(book)]));
  const genesis = [...restored.values()]
    .flatMap((book) => book.notes)
    .find((note) => note.act.kind === 'genesis') as Note;
  return assembleReplica(genesis, restored, records, shelf, platform);
}

function restoreBook(snapshot: BookSnapshot): Book {
  const { author, trunk, trunk_id: trunkId, branches, notes, profile, profile_at } = snapshot;
  return {
    chain: {
      author,
      trunk,
      trunkId,
      branches: new Map(branches.map(({ id, seq, prev }) => [id, { seq, prev }])),
    },
    notes: notes.map((note) => ({ ...note, author })),
    profile,
    profileAt: profile_at,
  };
}
