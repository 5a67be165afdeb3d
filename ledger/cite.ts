// Which of its grants an author cites for an act: the fewest that suffice, for each citation is one
// more record on which the act depends. The judge (judge.ts) has the last word on a choice made
// here.

import type { RecordId } from '../proto/ids.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import type { Authority, Member } from './member.ts';
import { type Action, type Grant, covers, memberResources, narrows } from './grant.ts';
import type { Act } from './kinds.ts';
import { LINKS_MAX } from './limits.ts';

/** Above this many grants that help, only the most helpful are combined: 2,517 choices at most. */
const COMBINED_MAX = 16;

export type CiteCode = 'uncovered' | 'widens' | 'too-many-grants';

/** Something that one cited grant must do for an act. */
interface Need {
  readonly code: 'uncovered' | 'widens';
  readonly what: string;
  readonly isMetBy: (grant: Grant) => boolean;
}

/** Choices of `auth` that suffice, the smallest first. A root draws on itself and cites nothing. */
export function choicesOf(
  authority: Authority,
  author: Member,
  act: Act,
  refs: readonly RecordId[],
  seq: number,
): Result<readonly (readonly RecordId[])[], CiteCode> {
  const needs = author.root ? [] : needsOf(authority, author, act, refs);
  if (needs.length === 0) return ok([[]]);
  const helpful: { id: RecordId; meets: readonly boolean[]; count: number }[] = [];
  for (const [id, held] of author.grants) {
    if (seq > held.lastUse) continue;
    const meets = needs.map((need) => held.grants.some((grant) => need.isMetBy(grant)));
    const count = meets.filter(Boolean).length;
    if (count > 0) helpful.push({ id, meets, count });
  }
  const unmet = needs.find((_, i) => !helpful.some(({ meets }) => meets[i] === true));
  if (unmet !== undefined) return refuse(unmet.code, unmet.what);
  const best = helpful
    .toSorted((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1))
    .slice(0, COMBINED_MAX);
  const choices: RecordId[][] = [];
  for (let size = 1; size <= LINKS_MAX; size++) {
    for (const chosen of combinations(best, size)) {
      const isEnough = needs.every((_, i) => chosen.some(({ meets }) => meets[i] === true));
      if (isEnough) choices.push(chosen.map(({ id }) => id).toSorted());
    }
  }
  return choices.length === 0 ? refuse('too-many-grants') : ok(choices);
}

function needsOf(
  authority: Authority,
  author: Member,
  act: Act,
  refs: readonly RecordId[],
): readonly Need[] {
  const over = (action: Action, target: Member | undefined): Need[] =>
    target === undefined ? [] : [cover(action, namesOf(target))];
  switch (act.kind) {
    case 'operator.admit':
    case 'node.admit':
    case 'ticket.issue': {
      const { name, labels, grants } = act.body;
      const admits = cover('member.admit', memberResources(CLASS_OF[act.kind], name, labels ?? []));
      return author.class === 'ticket' ? passing(grants) : [admits, ...passing(grants)];
    }
    case 'cap.grant':
      return [
        ...over('cap.grant', authority.members.get(act.body.target)),
        ...passing(act.body.grants),
      ];
    case 'cap.revoke':
      // Whoever granted may revoke, whatever else it may do.
      return authority.granting.get(refs[0] as RecordId)?.key === author.key
        ? []
        : over('cap.grant', authority.members.get(act.body.target));
    case 'member.remove':
      return over('member.remove', authority.members.get(act.body.target));
    case 'config.commit':
      return [cover('config.commit', [act.body.key])];
    default:
      return [];
  }
}

const CLASS_OF = {
  'operator.admit': 'operator',
  'node.admit': 'node',
  'ticket.issue': 'ticket',
} as const;

function namesOf(member: Member): string[] {
  return memberResources(member.class, member.name, member.labels);
}

function cover(action: Action, resources: readonly string[]): Need {
  return {
    code: 'uncovered',
    what: `${action} on ${resources[0] ?? ''}`,
    isMetBy: (grant) => covers(grant, action, resources),
  };
}

function passing(grants: readonly Grant[]): Need[] {
  return grants.map((child) => ({
    code: 'widens',
    what: `${child.action}${child.resource === '' ? '' : ` on ${child.resource}`}`,
    isMetBy: (grant) => narrows(child, grant),
  }));
}

function* combinations<Item>(items: readonly Item[], size: number, from = 0): Iterable<Item[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= items.length - size; i++) {
    for (const rest of combinations(items, size - 1, i + 1)) yield [items[i] as Item, ...rest];
  }
}
