// The roll: every member that the ledger here knows, with its standing and its rights, as a person
// looks at them. A daemon tells it from what it holds, a command where none runs from the files:
// the same value either way.

import type { Grant } from '../../ledger/grant.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { MemberState } from '../../ledger/state.ts';
import { fingerprint } from '../../proto/fingerprint.ts';
import type { Key } from '../../proto/ids.ts';
import { nodePlatform } from '../platform.ts';
import type { HomeLedger } from './ledger.ts';

export interface RollMember {
  readonly key: Key;
  readonly class: MemberState['class'];
  /** The name that it is shown as. */
  readonly shown: string;
  readonly fingerprint: string;
  readonly standing: 'removed' | 'frozen' | 'active';
  readonly labels: readonly string[];
  readonly endpoints: readonly string[];
  readonly grants: readonly Grant[];
  /** Who signed its admission; null where that record is not held. */
  readonly admittedBy: Key | null;
  /** The node in whose place it came. */
  readonly replaces: Key | null;
}

export interface Roll {
  /** By rank, the removed included. */
  readonly members: readonly RollMember[];
  /** Keys of recovery sheets: no member has them. */
  readonly papers: readonly Key[];
}

export function rollOf({ replica, store }: Pick<HomeLedger, 'replica' | 'store'>): Roll {
  const members = stateOf(replica).members.map((member): RollMember => {
    const { key, shown, labels, endpoints, replaces } = member;
    return {
      ...{ key, class: member.class, shown, fingerprint: fingerprint(key, nodePlatform) },
      ...{ standing: standingOf(member), labels, endpoints },
      grants: member.grants.flatMap(({ grants }) => grants),
      admittedBy: store.find(member.by)?.author ?? null,
      replaces: replaces ?? null,
    };
  });
  return { members, papers: [...replica.papers] };
}

export function standingOf({ removed, frozen }: MemberState): RollMember['standing'] {
  if (removed !== undefined) return 'removed';
  return frozen === undefined ? 'active' : 'frozen';
}
