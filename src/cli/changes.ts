// What would change, in words: one line for each change of a preview, and one for each record that
// would not count any more.

import type { Change, Preview } from '../../ledger/preview.ts';
import type { Conflict, MemberState } from '../../ledger/state.ts';
import type { Key } from '../../proto/ids.ts';
import { type Json, canonical } from '../../proto/json.ts';
import { grantTexts } from './grants.ts';
import type { NameOf } from './names.ts';
import { short } from './names.ts';
import { counted } from '../../proto/when.ts';

/** More void records of one member than this are counted and not listed. */
const VOIDS_LISTED_MAX = 4;

function changeText(change: Change, nameOf: NameOf): string {
  switch (change.kind) {
    case 'joins':
      return `${whole(change.member)} joins with ${rightsOf(change.member)}`;
    case 'falls':
      return `${whole(change.member)} is no member any more: its admission falls`;
    case 'returns':
      return `${whole(change.member)} is a member again`;
    case 'removed':
      return `${whole(change.member)} is removed: ${upTo(change.seq)}`;
    case 'gains':
      return `${whole(change.member)} is granted ${grantsText(change.grants)}`;
    case 'loses':
      return `${whole(change.member)} loses ${grantsText(change.grants)}`;
    case 'renamed':
      return `${change.member.class}/${change.before} is shown as ${change.member.shown}`;
    case 'config':
      return configText(change.key, change.before, change.value);
    case 'conflict':
      return conflictText(change.conflict, nameOf);
    case 'settled':
      return `settled: the conflict over ${subjectOf(change.conflict)}`;
    case 'epoch':
      return `new roots take over, for the ${ordinal(change.epoch)} time`;
  }
}

function whole({ class: its, shown }: Pick<MemberState, 'class' | 'shown'>): string {
  return `${its}/${shown}`;
}

function rightsOf({ root, grants }: MemberState): string {
  // A root holds no grant and needs none.
  return root ? 'every right, as root' : grantsText(grants.flatMap((held) => held.grants));
}

function grantsText(grants: Parameters<typeof grantTexts>[0]): string {
  return grants.length === 0 ? 'no rights' : grantTexts(grants).join('; ');
}

function upTo(seq: number): string {
  if (seq === 0) return 'nothing that it wrote counts';
  return `what it wrote up to record ${seq} stands, and nothing after it`;
}

function configText(key: string, before: Json | null, value: Json | null): string {
  const was = before === null ? '' : ` (was ${canonical(before)})`;
  return value === null ? `${key} is unset${was}` : `${key} is ${canonical(value)}${was}`;
}

function conflictText(conflict: Conflict, nameOf: NameOf): string {
  const parties =
    conflict.kind === 'config' ? [] : conflict.between.map((key) => nameOf(key as Key));
  const between = parties.length === 0 ? '' : ` between ${parties.join(' and ')}`;
  return `conflict over ${subjectOf(conflict)}${between}`;
}

function subjectOf({ kind, subject }: Conflict): string {
  return kind === 'recovery' ? 'the recovery sheet' : `${kind} ${subject}`;
}

function ordinal(count: number): string {
  return ['first', 'second', 'third'][count - 1] ?? `${count}th`;
}

/** All of a preview, a line each. */
export function previewTexts({ changes, voids }: Preview, nameOf: NameOf): string[] {
  const byAuthor = new Map<Key, (typeof voids)[number][]>();
  for (const record of voids) {
    byAuthor.set(record.author, [...(byAuthor.get(record.author) ?? []), record]);
  }
  const falls = [...byAuthor].map(([author, records]) => {
    const listed = records.slice(0, VOIDS_LISTED_MAX).map(({ seq, id }) => `${seq} (${short(id)})`);
    const more =
      records.length > listed.length ? ` and ${records.length - listed.length} more` : '';
    const count = counted(records.length, 'record');
    return `${count} of ${nameOf(author)} would be void: ${listed.join(', ')}${more}`;
  });
  const lines = [...changes.map((change) => changeText(change, nameOf)), ...falls];
  return lines.length === 0 ? ['nothing changes by it'] : lines;
}

/** A change for JSON: its values, and the line that a person reads. */
export function changeDocument(change: Change, nameOf: NameOf): object {
  const text = changeText(change, nameOf);
  if (!('member' in change)) return { ...change, text };
  const { member, ...rest } = change;
  const { key, class: its, shown } = member;
  return { ...rest, member: { key, class: its, name: shown }, text };
}
