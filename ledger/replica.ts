// A replica: the records that one machine holds of one ledger, and what they add up to. The only
// way in is screen (door.ts), then the signatures (verify.ts), then the store, and only then
// `apply`. Spec: docs/ledger.md.

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import type { Member } from './member.ts';
import { type Book, type Note, emptyBook, keepNote, noteOf } from './book.ts';
import { type Live, link } from './chain.ts';
import { recoveryPart } from './epochs.ts';
import { type Fold, foldAll, memberAt, profileAt, refresh, take } from './fold.ts';
import { type Entry, type Mark, cutMark } from './frontier.ts';
import type { Act, GenesisBody } from './kinds.ts';
import { type Parking, emptyParking, release } from './parking.ts';
import type { Decoded } from './record.ts';
import type { Shelf } from './shelf.ts';
import { type State, buildState, stateDigest } from './state.ts';
import { type Trie, createTrie } from './trie.ts';
import type { Verified } from './verify.ts';

export interface Replica {
  readonly ledger: RecordId;
  readonly genesis: GenesisBody;
  readonly platform: Platform;
  readonly shelf: Shelf;
  readonly books: Map<Key, Book>;
  /** Every key that a held record has ever admitted or seated, live or not. */
  readonly named: Set<Key>;
  /** Every key that a held record has ever made the recovery key. */
  readonly papers: Set<Key>;
  readonly parking: Parking;
  readonly fold: Fold;
  readonly trie: Trie;
  /** Records held, void ones included. */
  records: number;
  /** What it adds up to; the root is computed when somebody asks for it. */
  state: { readonly state: State; root: Digest | null } | null;
}

/** A replica that holds its genesis and nothing else. The shelf must hold it too. */
export function createReplica(genesis: Verified, shelf: Shelf, platform: Platform): Replica {
  const book = emptyBook(genesis.author);
  link(book.chain, genesis, shelf);
  const note = noteOf(genesis) as Note;
  keepNote(book, note);
  return assembleReplica(note, new Map([[genesis.author, book]]), 1, shelf, platform);
}

/** A replica over books that were kept (checkpoint.ts). */
export function assembleReplica(
  genesis: Note,
  books: Map<Key, Book>,
  records: number,
  shelf: Shelf,
  platform: Platform,
): Replica {
  if (genesis.act.kind !== 'genesis') throw new Error('broken rule: a replica starts at genesis');
  const named = new Set<Key>();
  const papers = new Set<Key>();
  for (const book of books.values()) {
    for (const note of book.notes) nameKeys(note.act, named, papers);
  }
  const fold = foldAll(genesis, books, shelf);
  const trie = createTrie(platform);
  return {
    ledger: genesis.id,
    genesis: genesis.act.body,
    platform,
    shelf,
    books,
    named,
    papers,
    parking: emptyParking(),
    fold,
    trie,
    records,
    state: null,
  };
}

function nameKeys(act: Act, named: Set<Key>, papers: Set<Key>): void {
  switch (act.kind) {
    case 'genesis':
    case 'root.rotate':
      for (const root of act.body.roots) named.add(root.key);
      papers.add(act.body.recovery);
      break;
    case 'operator.admit':
    case 'node.admit':
    case 'ticket.issue':
      named.add(act.body.key);
      break;
    default:
  }
}

/** Takes a record that is stored. Gives the parked records that can be screened again now. */
export function apply(replica: Replica, record: Verified): readonly Decoded[] {
  let book = replica.books.get(record.author);
  if (book === undefined) {
    book = emptyBook(record.author);
    replica.books.set(record.author, book);
  }
  link(book.chain, record, replica.shelf);
  const note = noteOf(record);
  if (note !== null) keepNote(book, note);
  nameKeys(record.act, replica.named, replica.papers);
  take(replica.fold, book, record);
  replica.records++;
  replica.state = null;
  return release(replica.parking, record.id);
}

export function memberOf(replica: Replica, key: Key): Member | null {
  return memberAt(replica.fold, key);
}

export function stateOf(replica: Replica): State {
  return foldedState(replica).state;
}

/** Over the whole state: at a thousand members it costs as much as the state itself. */
export function stateRoot(replica: Replica): Digest {
  const folded = foldedState(replica);
  folded.root ??= stateDigest(folded.state, replica.platform);
  return folded.root;
}

function foldedState(replica: Replica): NonNullable<Replica['state']> {
  refresh(replica.fold);
  if (replica.state !== null) return replica.state;
  const { ledger, genesis, platform, fold } = replica;
  const { authority, configuration } = fold;
  const profile = (member: Member): Book['profile'] => profileAt(fold, member);
  const state = buildState({ ledger, genesis, authority, configuration, profile, platform });
  replica.state = { state, root: null };
  return replica.state;
}

export function frontierRoot(replica: Replica): Digest {
  return frontierTrie(replica).root();
}

/** The trie over the entries, brought up to date. */
export function frontierTrie(replica: Replica): Trie {
  refresh(replica.fold);
  const { changed, authority } = replica.fold;
  // Mostly nothing has, and every heartbeat asks.
  if (changed?.size === 0) return replica.trie;
  const authors = changed ?? [...authority.members.keys(), ...authority.epochs.recoveries];
  if (changed === null) {
    // After a full resolve an author may have lost its entry together with its membership.
    for (const entry of replica.trie.entriesAt('')) {
      if (entryOf(replica, entry.author) === undefined) replica.trie.set(entry.author, undefined);
    }
  }
  for (const author of authors) replica.trie.set(author, entryOf(replica, author));
  replica.fold.changed = new Set();
  return replica.trie;
}

/** How far this replica holds an author, live records only. */
export function entryOf(replica: Replica, author: Key): Entry | undefined {
  const live = liveOf(replica, author);
  if (live === null) return undefined;
  const cut = replica.fold.authority.members.get(author)?.cut ?? null;
  const mark: Mark = live.frozen ? 'fork' : cut !== null ? cutMark(cut.by) : 'none';
  if (live.seq === 0 && mark === 'none') return undefined;
  return { author, seq: live.seq, id: live.id, mark };
}

/** What is live of an author, or null for one of whom nothing can be. */
export function liveOf(replica: Replica, author: Key): Live | null {
  const member = memberAt(replica.fold, author);
  if (member !== null) return member.live;
  const { recoveries } = replica.fold.authority.epochs;
  return recoveries.includes(author) ? recoveryPart(replica.books.get(author)) : null;
}
