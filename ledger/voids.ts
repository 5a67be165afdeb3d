// Why a held record has no effect: for people and for audits, never part of what replicas compare.
// Spec: docs/ledger.md, "Verdicts".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Member } from './member.ts';
import type { Book } from './book.ts';
import { isForked, isLive } from './chain.ts';
import { rotationsOf } from './epochs.ts';
import { memberAt, refresh } from './fold.ts';
import type { Decoded } from './record.ts';
import type { VoidCode } from './refusals.ts';
import type { Replica } from './replica.ts';

/** The verdict on one held record; null where it counts. */
export function verdictOn(
  replica: Replica,
  record: Pick<Decoded, 'author' | 'seq' | 'id' | 'act'>,
): VoidCode | null {
  refresh(replica.fold);
  const { authority } = replica.fold;
  const member = authority.members.get(record.author);
  if (member === undefined) return verdictOnNobody(replica, record);
  const book = replica.books.get(record.author) as Book;
  if (!isLive(book.chain, member.live, record.seq, record.id))
    return whyNotLive(member, record.seq);
  if (record.act.kind === 'node.update' && member.class !== 'node') return 'void-class';
  return authority.verdicts.get(record.id) ?? null;
}

function verdictOnNobody(
  replica: Replica,
  record: Pick<Decoded, 'author' | 'id' | 'act'>,
): VoidCode | null {
  const { epochs } = replica.fold.authority;
  if (epochs.followed.has(record.id)) return null;
  if (record.act.kind !== 'root.rotate') return 'void-not-member';
  return rotationsOf(replica.books.get(record.author)).length > 1 ? 'void-frozen' : 'void-epoch';
}

function whyNotLive(member: Member, seq: number): VoidCode {
  if (member.cut !== null && seq > member.cut.seq) return 'void-cut';
  if (member.live.frozen) return 'void-frozen';
  return member.cut === null ? 'void-quota' : 'void-cut';
}

export interface VoidRecord {
  readonly id: RecordId;
  readonly author: Key;
  readonly seq: number;
  readonly code: VoidCode;
}

/** Every held record without effect. Reads only chains that can hold one. */
export function* voidRecords(replica: Replica): Iterable<VoidRecord> {
  refresh(replica.fold);
  for (const [author, book] of replica.books) {
    if (isWholeAndLive(replica, author, book)) continue;
    for (const record of replica.shelf.read(author, 1, Number.MAX_SAFE_INTEGER)) {
      const code = verdictOn(replica, record);
      if (code !== null) yield { id: record.id, author, seq: record.seq, code };
    }
  }
}

/** True for the chain of an honest node: nothing to look for, and most of a ledger. */
function isWholeAndLive(replica: Replica, author: Key, book: Book): boolean {
  const member = memberAt(replica.fold, author);
  if (member === null || isForked(book.chain) || member.live.seq !== book.chain.trunk) return false;
  return member.class === 'node' && book.notes.length === 0;
}
