// From "do this" to the exact record that does it: its place in the author's chain, the grants that
// it cites, and the fold's own verdict on it beforehand. The tools never write a record that would
// be void or overruled: this file refuses it with a reason. Spec: docs/acts.md, "Drafts".

import type { Key, RecordId } from '../proto/ids.ts';
import { type Refused, type Result, ok, refuse } from '../proto/result.ts';
import type { Member } from './member.ts';
import { choicesOf } from './cite.ts';
import { type DraftCode, ofRefusal, ofVoid } from './draft-refusals.ts';
import { refresh } from './fold.ts';
import { ACTIONS, type Grant } from './grant.ts';
import { imagine, unsignedRecord } from './imagine.ts';
import type { Act } from './kinds.ts';
import { compareStanding } from './rank.ts';
import type { Decoded, Draft } from './record.ts';
import { type Replica, memberOf } from './replica.ts';
import { verdictOn } from './voids.ts';

/** Choices of grants to try: another than the first is needed only where a count is used up. */
const CHOICES_TRIED_MAX = 16;

export interface Request {
  readonly act: Act;
  readonly refs?: readonly RecordId[];
  /** The author's clock, as the record will show it. */
  readonly ts: number;
}

export interface Drafted {
  readonly draft: Draft;
  /** The record but for its signature; its id is the one that it will have. */
  readonly record: Decoded;
  /** What this replica would be with it. */
  readonly after: Replica;
}

/** The next record of an author, or why there is none to write. */
export function draftFor(
  replica: Replica,
  author: Key,
  request: Request,
): Result<Drafted, DraftCode> {
  refresh(replica.fold);
  const { act } = request;
  if (act.kind === 'root.rotate') return rotation(replica, author, request);
  const member = memberOf(replica, author);
  if (member === null) return refuse('not-a-member', author);
  const refs = (request.refs ?? []).toSorted();
  const fault = cannotWrite(replica, member, act) ?? cannotBe(replica, member, act, refs);
  if (fault !== null) return fault;
  const { seq: last, id: prev } = member.live;
  const seq = last + 1;
  const choices = choicesOf(replica.fold.authority, member, act, refs, seq);
  if (!choices.ok) return choices;
  const { ledger } = replica;
  let first: Refused<DraftCode> | null = null;
  for (const auth of choices.value.slice(0, CHOICES_TRIED_MAX)) {
    const draft = { ledger, author, seq, prev, auth, refs, ts: request.ts, act };
    const drafted = tried(replica, draft);
    if (drafted.ok) return drafted;
    first ??= drafted;
    if (drafted.code !== 'limit-used') break;
  }
  return first as Refused<DraftCode>;
}

/** A new root: the recovery key's first and only record. */
function rotation(replica: Replica, author: Key, { act, ts }: Request): Result<Drafted, DraftCode> {
  const { epochs } = replica.fold.authority;
  if (!epochs.recoveries.includes(author)) return refuse('not-this-sheet');
  if (epochs.stopped) return refuse('sheet-forked');
  if (epochs.recoveries.at(-1) !== author) return refuse('sheet-used');
  const { ledger } = replica;
  return tried(replica, { ledger, author, seq: 1, prev: '', auth: [], refs: [], ts, act });
}

/** The record of a draft, if it would count and do what it says. */
function tried(replica: Replica, draft: Draft): Result<Drafted, DraftCode> {
  const record = unsignedRecord(draft, replica.platform);
  if (!record.ok) return refuse('bad-form', record.detail || record.code);
  const after = imagine(replica, record.value);
  if (!after.ok) return refuse(ofRefusal(after.code), after.detail);
  const code = verdictOn(after.value, record.value);
  if (code !== null) return refuse(ofVoid(code));
  const overruled = isOverruled(after.value, record.value);
  return overruled ? refuse('overruled') : ok({ draft, record: record.value, after: after.value });
}

/** True where a record counts and a more senior one decides all the same. */
function isOverruled(after: Replica, { act, id, refs }: Decoded): boolean {
  if (act.kind === 'member.remove') return memberOf(after, act.body.target)?.cut?.by !== id;
  if (act.kind !== 'cap.revoke') return false;
  const held = memberOf(after, act.body.target)?.grants.get(refs[0] as RecordId);
  return held?.lastUse !== act.body.seq;
}

function cannotWrite(replica: Replica, member: Member, act: Act): Refused<DraftCode> | null {
  const { class: of, live } = member;
  if (member.cut !== null) return refuse('removed');
  if (live.frozen) return refuse('frozen', `record ${live.seq + 1}`);
  if (live.seq < (replica.books.get(member.key)?.chain.trunk ?? 0)) return refuse('used-up');
  const kinds: Readonly<Record<Member['class'], boolean>> = {
    operator: act.kind !== 'node.update',
    node: act.kind === 'node.update',
    ticket: act.kind === 'node.admit',
  };
  return kinds[of] ? null : refuse('wrong-class', `${act.kind} by a ${of}`);
}

/** What makes no sense whoever writes it. */
function cannotBe(
  replica: Replica,
  author: Member,
  act: Act,
  refs: readonly RecordId[],
): Refused<DraftCode> | null {
  switch (act.kind) {
    case 'operator.admit':
      return cannotJoin(replica, act.body.key);
    case 'node.admit':
    case 'ticket.issue':
      return cannotJoin(replica, act.body.key) ?? forOperators(act.body.grants);
    case 'cap.grant': {
      const target = memberOf(replica, act.body.target);
      const gone = cannotReach(author, target) ?? cannotHold(target);
      return gone ?? (target?.class === 'operator' ? null : forOperators(act.body.grants));
    }
    case 'cap.revoke': {
      const target = memberOf(replica, act.body.target);
      const held = target?.grants.get(refs[0] as RecordId);
      const inForce = held?.lastUse === Number.POSITIVE_INFINITY;
      const gone = cannotReach(author, target) ?? cannotHold(target);
      return gone ?? (inForce ? null : refuse('no-such-grant'));
    }
    case 'member.remove':
      return cannotReach(author, memberOf(replica, act.body.target));
    default:
      return null;
  }
}

/** A key joins once: a machine that was removed comes back with a new one. */
function cannotJoin(replica: Replica, key: Key): Refused<DraftCode> | null {
  const member = memberOf(replica, key);
  if (member !== null) return refuse(member.cut === null ? 'already-member' : 'target-removed');
  return replica.papers.has(key) ? refuse('already-member', 'it is a recovery key') : null;
}

function cannotReach(author: Member, target: Member | null): Refused<DraftCode> | null {
  if (target === null) return refuse('unknown-target');
  return compareStanding(author, target) < 0 ? null : refuse('not-junior', target.name);
}

function cannotHold(target: Member | null): Refused<DraftCode> | null {
  return target?.cut === null ? null : refuse('target-removed');
}

function forOperators(grants: readonly Grant[]): Refused<DraftCode> | null {
  const grant = grants.find(({ action }) => ACTIONS[action].operators);
  return grant === undefined ? null : refuse('operators-only', grant.action);
}
