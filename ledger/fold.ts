// The fold: what the held records add up to, brought up to date record by record. Whatever could
// change an earlier verdict only marks the fold as stale from some rank downwards; it is resolved
// again when somebody asks about that part. Incremental and from scratch give the same bytes.
// Spec: docs/ledger.md, "The fold".

import type { Key } from '../proto/ids.ts';
import { judgeNote, resolveAll, resolveAndJudge, seat } from './authority.ts';
import type { Authority, Member } from './member.ts';
import { type Book, type Note, extendProfile, noteOf, profileOf } from './book.ts';
import { isForked } from './chain.ts';
import { type Configuration, configurationOf, takeCommit } from './effects.ts';
import { freeQuota } from './quota.ts';
import { type Standing, compareStanding } from './rank.ts';
import type { Decoded } from './record.ts';
import type { Shelf } from './shelf.ts';

/** Everything junior to `from` must be resolved again; `from` itself too where `self` is set. */
interface Stale {
  readonly from: Standing;
  readonly self: boolean;
}

export interface Fold {
  readonly genesis: Note;
  readonly books: ReadonlyMap<Key, Book>;
  readonly shelf: Shelf;
  authority: Authority;
  configuration: Configuration;
  stale: Stale | null;
  /** Authors whose frontier entry may have changed; null: any of them. */
  changed: Set<Key> | null;
}

/** More senior than any root: everything is stale. */
const EVERYTHING: Stale = { from: { class: 'operator', rank: [] }, self: true };

export function foldAll(genesis: Note, books: ReadonlyMap<Key, Book>, shelf: Shelf): Fold {
  const authority = resolveAll(genesis, books, shelf);
  const configuration = configurationOf(authority);
  return { genesis, books, shelf, authority, configuration, stale: null, changed: null };
}

/** Resolves what is stale, all of it. */
export function refresh(fold: Fold): void {
  if (fold.stale === null) return;
  fold.authority = resolveAll(fold.genesis, fold.books, fold.shelf);
  fold.configuration = configurationOf(fold.authority);
  fold.stale = null;
  fold.changed = null;
}

/** The standing of an author, good for the door: its class, quota and cut are decided. */
export function memberAt(fold: Fold, author: Key): Member | null {
  const member = fold.authority.members.get(author);
  if (fold.stale !== null) {
    const order = member === undefined ? 1 : compareStanding(member, fold.stale.from);
    if (order > 0 || (order === 0 && fold.stale.self)) refresh(fold);
  }
  return fold.authority.members.get(author) ?? null;
}

/** What a node says of itself. Nobody else has a profile. */
export function profileAt(fold: Fold, member: Member): Book['profile'] {
  const book = member.class === 'node' ? fold.books.get(member.key) : undefined;
  return book === undefined ? {} : profileOf(book, member.live, fold.shelf);
}

/** A record that its chain has just taken. */
export function take(fold: Fold, book: Book, record: Decoded): void {
  keepProfile(book, record);
  const member = fold.authority.members.get(record.author);
  if (member === undefined) {
    // Lines of a key that is no member have no effect, unless it is the one that can seat new
    // roots.
    if (record.act.kind === 'root.rotate') spoil(fold, EVERYTHING);
    return;
  }
  const extendsLive =
    fold.stale === null &&
    member.cut === null &&
    !isForked(book.chain) &&
    record.seq === member.live.seq + 1 &&
    record.seq <= freeQuota(member.class, member.quota);
  if (!extendsLive) {
    spoil(fold, record.act.kind === 'root.rotate' ? EVERYTHING : { from: member, self: true });
    return;
  }
  member.live = { seq: record.seq, id: record.id, branch: null, frozen: false };
  fold.changed?.add(record.author);
  const note = noteOf(record);
  if (note !== null) takeNote(fold, member, note);
}

function takeNote(fold: Fold, member: Member, note: Note): void {
  if (note.act.kind === 'root.rotate') spoil(fold, EVERYTHING);
  else if (changesOnlyItself(fold, member, note)) {
    fold.authority.candidates = [];
    judgeNote(fold.authority, member, note);
    takeCommit(fold.configuration, fold.authority, note);
    for (const candidate of fold.authority.candidates) {
      const admitted = seat(fold.authority, candidate);
      if (admitted !== null) resolveAndJudge(fold.authority, admitted);
    }
  } else spoil(fold, { from: member, self: false });
}

/** True where a new note cannot touch the verdict on any earlier record. */
function changesOnlyItself(fold: Fold, member: Member, note: Note): boolean {
  switch (note.act.kind) {
    case 'config.commit':
      return true;
    case 'operator.admit':
    case 'node.admit':
    case 'ticket.issue':
      return isFresh(fold, note.act.body.key) && !fold.authority.missed.has(note.id);
    default:
      return member.class !== 'operator';
  }
}

/** True for a key of which nothing has been said and that has said nothing. */
function isFresh(fold: Fold, key: Key): boolean {
  const { members, cuts, revokes, grantsTo, missed, epochs } = fold.authority;
  const talkedOf = cuts.has(key) || revokes.has(key) || grantsTo.has(key) || missed.has(key);
  const known = members.has(key) || talkedOf;
  return !known && !epochs.recoveries.includes(key) && !fold.books.has(key);
}

function spoil(fold: Fold, stale: Stale): void {
  const order = fold.stale === null ? -1 : compareStanding(stale.from, fold.stale.from);
  if (order < 0) fold.stale = stale;
  else if (order === 0 && stale.self) fold.stale = stale;
}

/** Keeps a profile at the end of its chain, so that it need not be read again from the start. */
function keepProfile(book: Book, record: Decoded): void {
  const { seq, id } = book.profileAt;
  if (record.seq !== seq + 1 || record.prev !== id) return;
  book.profile = extendProfile(book.profile, record);
  book.profileAt = { seq: record.seq, id: record.id };
}
