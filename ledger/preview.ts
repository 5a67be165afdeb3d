// What would be different: two replicas compared, one of them imagined. What follows from a removal
// is seen here before it is signed; src/cli/changes.ts puts it into words.

import type { RecordId } from '../proto/ids.ts';
import { type Json, canonical } from '../proto/json.ts';
import type { Member } from './member.ts';
import type { Note } from './book.ts';
import { isLive } from './chain.ts';
import { refresh } from './fold.ts';
import { type Grant, grantJson } from './grant.ts';
import { type Replica, stateOf } from './replica.ts';
import type { Conflict, MemberState, State } from './state.ts';
import { type VoidRecord, verdictOn } from './voids.ts';

export type Change =
  | { readonly kind: 'joins' | 'falls' | 'returns'; readonly member: MemberState }
  | { readonly kind: 'removed'; readonly member: MemberState; readonly seq: number }
  | {
      readonly kind: 'gains' | 'loses';
      readonly member: MemberState;
      readonly grants: readonly Grant[];
    }
  | { readonly kind: 'renamed'; readonly member: MemberState; readonly before: string }
  | {
      readonly kind: 'config';
      readonly key: string;
      readonly before: Json | null;
      readonly value: Json | null;
    }
  | { readonly kind: 'conflict' | 'settled'; readonly conflict: Conflict }
  | { readonly kind: 'epoch'; readonly epoch: number };

export interface Preview {
  readonly changes: readonly Change[];
  /** Records that count now and would not any more. */
  readonly voids: readonly VoidRecord[];
}

export function previewOf(before: Replica, after: Replica): Preview {
  const [was, is] = [stateOf(before), stateOf(after)];
  const changes = [
    ...(was.epoch === is.epoch ? [] : [{ kind: 'epoch' as const, epoch: is.epoch }]),
    ...memberChanges(was, is),
    ...configChanges(was, is),
    ...conflictChanges(was, is),
  ];
  return { changes, voids: [...voided(before, after)] };
}

function* memberChanges(was: State, is: State): Iterable<Change> {
  const earlier = new Map(was.members.map((member) => [member.key, member]));
  const later = new Set(is.members.map((member) => member.key));
  for (const member of is.members) {
    const old = earlier.get(member.key);
    if (old === undefined) yield { kind: 'joins', member };
    else yield* memberChange(old, member);
  }
  for (const member of was.members) if (!later.has(member.key)) yield { kind: 'falls', member };
}

/** `now` is shown by the name that people know it by, which a removal takes away. */
function* memberChange(old: MemberState, now: MemberState): Iterable<Change> {
  const { removed } = now;
  const member = removed === undefined ? now : { ...now, shown: old.shown };
  if (removed === undefined && old.removed !== undefined) yield { kind: 'returns', member };
  if (removed !== undefined && removed.by !== old.removed?.by) {
    yield { kind: 'removed', member, seq: removed.seq };
  }
  if (old.shown !== member.shown) yield { kind: 'renamed', member, before: old.shown };
  yield* grantChange('gains', member, old.grants, member.grants);
  yield* grantChange('loses', member, member.grants, old.grants);
}

/** What one list of grants has that the other lacks, whichever records they stand in. */
function* grantChange(
  kind: 'gains' | 'loses',
  member: MemberState,
  known: MemberState['grants'],
  others: MemberState['grants'],
): Iterable<Change> {
  const textsOf = (held: MemberState['grants']): Map<string, Grant> =>
    new Map(held.flatMap(({ grants }) => grants.map((grant) => [grantKey(grant), grant])));
  const before = textsOf(known);
  const grants = [...textsOf(others)]
    .filter(([text]) => !before.has(text))
    .map(([, grant]) => grant);
  if (grants.length > 0) yield { kind, member, grants };
}

function grantKey(grant: Grant): string {
  return canonical(grantJson(grant));
}

function* configChanges(was: State, is: State): Iterable<Change> {
  const earlier = new Map(was.config.map((entry) => [entry.key, entry.value ?? null]));
  const later = new Map(is.config.map((entry) => [entry.key, entry.value ?? null]));
  for (const key of new Set([...earlier.keys(), ...later.keys()])) {
    const [before, value] = [earlier.get(key) ?? null, later.get(key) ?? null];
    if (textOf(before) !== textOf(value)) yield { kind: 'config', key, before, value };
  }
}

function textOf(value: Json | null): string {
  return value === null ? '' : canonical(value);
}

function* conflictChanges(was: State, is: State): Iterable<Change> {
  const nameOf = ({ kind, subject }: Conflict): string => `${kind} ${subject}`;
  const earlier = new Set(was.conflicts.map(nameOf));
  const later = new Set(is.conflicts.map(nameOf));
  for (const conflict of is.conflicts) {
    if (!earlier.has(nameOf(conflict))) yield { kind: 'conflict', conflict };
  }
  for (const conflict of was.conflicts) {
    if (!later.has(nameOf(conflict))) yield { kind: 'settled', conflict };
  }
}

/** Held records that count before and not after. */
function* voided(before: Replica, after: Replica): Iterable<VoidRecord> {
  refresh(before.fold);
  refresh(after.fold);
  const told = new Set<RecordId>();
  for (const member of before.fold.authority.members.values()) {
    for (const record of cutOff(before, after, member)) {
      told.add(record.id);
      yield record;
    }
  }
  // Live still, and without what they rely on: only notes have verdicts of their own.
  for (const [author, book] of before.books) {
    for (const note of book.notes) {
      if (told.has(note.id) || !countsBefore(before, note)) continue;
      const code = verdictOn(after, note);
      if (code !== null) yield { id: note.id, author, seq: note.seq, code };
    }
  }
}

function countsBefore(before: Replica, note: Note): boolean {
  return verdictOn(before, note) === null;
}

/** What of a member's chain is live before and not after. */
function* cutOff(before: Replica, after: Replica, { key, live }: Member): Iterable<VoidRecord> {
  const later = after.fold.authority.members.get(key)?.live;
  if (later !== undefined && later.seq >= live.seq && later.branch === live.branch) return;
  const chain = before.books.get(key)?.chain;
  if (chain === undefined) return;
  const from = Math.min(later?.seq ?? 0, chain.trunk) + 1;
  for (const record of before.shelf.read(key, from, live.seq)) {
    if (!isLive(chain, live, record.seq, record.id)) continue;
    if (verdictOn(before, record) !== null) continue;
    const code = verdictOn(after, record);
    if (code !== null) yield { id: record.id, author: key, seq: record.seq, code };
  }
}
