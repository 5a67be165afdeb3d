// The door: what happens to a record before its signature is looked at. Cheap checks first, so that
// a removed author or a stranger costs a look-up. The same door for our own records, for a peer's
// and for a file's. Spec: docs/ledger.md, "Ingest".

import type { Key, RecordId, Signature } from '../proto/ids.ts';
import type { Member } from './member.ts';
import { type Book, emptyBook } from './book.ts';
import { holds, isLinked, widthAt } from './chain.ts';
import { rotationsOf } from './epochs.ts';
import { memberAt } from './fold.ts';
import { FORK_WIDTH_MAX, FORK_WIDTH_WANTED_MAX } from './limits.ts';
import { park } from './parking.ts';
import { mayStand } from './quota.ts';
import type { Decoded } from './record.ts';
import type { RefusalCode } from './refusals.ts';
import type { Replica } from './replica.ts';

export type Screened =
  /** In order so far: the checks that are left are the costly ones. */
  | { readonly kind: 'check'; readonly record: Decoded }
  | { readonly kind: 'held' }
  | { readonly kind: 'parked' }
  | { readonly kind: 'refused'; readonly code: RefusalCode };

/**
 * door: records that others bring; what is void is not taken.
 * audit: lines of a file that is to be judged; whoever was ever admitted may speak, so that the
 * verdict on a line does not depend on where in the file it stands.
 */
export type Mode = 'door' | 'audit';

/** Records of one batch that will be held if their signatures are good. */
interface Batch {
  readonly ids: Map<RecordId, { readonly author: Key; readonly seq: number; sigs: Signature[] }>;
  readonly width: Map<string, number>;
}

/** Screens a batch in order; a record may follow one of its own batch. */
export function screen(
  replica: Replica,
  records: readonly Decoded[],
  mode: Mode = 'door',
): Screened[] {
  return records.map(screener(replica, mode));
}

/** The same of a batch that comes bit by bit; the replica must not move before its end. */
export function screener(replica: Replica, mode: Mode = 'door'): (record: Decoded) => Screened {
  const batch: Batch = { ids: new Map(), width: new Map() };
  return (record) => screenOne(replica, record, mode, batch);
}

function refused(code: RefusalCode): Screened {
  return { kind: 'refused', code };
}

function screenOne(replica: Replica, record: Decoded, mode: Mode, batch: Batch): Screened {
  if (record.act.kind === 'genesis') {
    return record.id === replica.ledger ? { kind: 'held' } : refused('other-ledger');
  }
  if (record.ledger !== replica.ledger) return refused('other-ledger');
  const book = replica.books.get(record.author) ?? emptyBook(record.author);
  if (holds(book.chain, record.seq, record.id, replica.shelf)) return { kind: 'held' };
  const twin = batch.ids.get(record.id);
  if (twin !== undefined) return screenTwin(record, twin.sigs);
  const code = mode === 'audit' ? unknownAuthor(replica, record) : turnedAway(replica, record);
  if (code !== null) return refused(code);
  const inBatch = record.prev === '' ? undefined : batch.ids.get(record.prev);
  const follows = inBatch?.author === record.author && inBatch.seq === record.seq - 1;
  if (!follows && !isLinked(book.chain, record.seq, record.prev, replica.shelf)) {
    return park(replica.parking, record) ? { kind: 'parked' } : refused('parked-full');
  }
  const place = `${record.author} ${record.seq}`;
  const beside = batch.width.get(place) ?? 0;
  if (mode === 'door' && isForkFull(replica, record, book, beside)) return refused('fork-full');
  batch.ids.set(record.id, { author: record.author, seq: record.seq, sigs: [record.sig] });
  batch.width.set(place, beside + 1);
  return { kind: 'check', record };
}

/** The id does not cover the signature: a copy with a bad one must not hide the good one. */
function screenTwin(record: Decoded, sigs: Signature[]): Screened {
  if (sigs.includes(record.sig)) return { kind: 'held' };
  sigs.push(record.sig);
  return { kind: 'check', record };
}

function unknownAuthor(replica: Replica, record: Decoded): RefusalCode | null {
  if (replica.named.has(record.author)) return null;
  // A sheet may be named as a member further down in the file: not known yet, and shown again.
  const rotates = replica.papers.has(record.author) && notRotation(record) === null;
  return rotates ? null : 'unknown-author';
}

/** A recovery key is nobody's: it signs one record, once. */
function notRotation(record: Decoded): RefusalCode | null {
  return record.seq === 1 && record.act.kind === 'root.rotate' ? null : 'over-quota';
}

function turnedAway(replica: Replica, record: Decoded): RefusalCode | null {
  const member = memberAt(replica.fold, record.author);
  if (member === null) {
    const { recoveries } = replica.fold.authority.epochs;
    return recoveries.includes(record.author) ? notRotation(record) : 'unknown-author';
  }
  if (!mayStandHere(replica, record, member)) return 'over-quota';
  const { cut, live } = member;
  if (cut === null) return null;
  if (record.seq > cut.seq) return 'beyond-cut';
  // With the cut's own record live, everything honoured is held: this is another branch.
  const settled = live.seq === cut.seq && live.id === cut.last;
  return settled || (record.seq === cut.seq && record.id !== cut.last) ? 'beyond-cut' : null;
}

function mayStandHere(replica: Replica, record: Decoded, member: Member): boolean {
  const removed = new Set<Key>();
  if (record.act.kind === 'member.remove') {
    const { target } = record.act.body;
    const cuts = replica.fold.authority.cuts.get(target) ?? [];
    const above = cuts.some(
      ({ from, note }) =>
        from.key === member.key && note.seq > member.quota && note.seq < record.seq,
    );
    if (above) removed.add(target);
  }
  return mayStand(member.class, member.quota, record.seq, record.act, removed);
}

/** Two records prove a fork; more are stored only while a cut names one that is still missing. */
function isForkFull(replica: Replica, record: Decoded, book: Book, beside: number): boolean {
  const member = memberAt(replica.fold, record.author);
  // A recovery key has one place, and nothing but rotations stands there.
  const held =
    member === null ? rotationsOf(book).length : widthAt(book.chain, record.seq, replica.shelf);
  const isWanted = member !== null && member.cut !== null;
  return held + beside >= (isWanted ? FORK_WIDTH_WANTED_MAX : FORK_WIDTH_MAX);
}
