// Who this machine is: the keys of its folder, and what the ledger says of each. Read from files
// alone; nothing is opened.

import type { MemberState, State } from '../../ledger/state.ts';
import { fingerprint } from '../../proto/fingerprint.ts';
import type { Key } from '../../proto/ids.ts';
import { operatorFolder } from '../home/folder.ts';
import { keyHost } from '../home/host.ts';
import { type RollMember, standingOf } from '../home/roll.ts';
import { readIdentityKey } from '../keys/identity.ts';
import { readOperatorKey } from '../keys/operator.ts';
import { nodePlatform } from '../platform.ts';

/** `stranger`: the ledger, where there is one, does not know the key. */
type Standing = RollMember['standing'] | 'stranger';

interface Own {
  readonly key: Key;
  readonly fingerprint: string;
  /** As the ledger shows it; else what the key file says, or null. */
  readonly name: string | null;
  readonly standing: Standing;
}

export interface Here {
  readonly node: Own | null;
  /** `sealed`: signing asks for a passphrase. */
  readonly operator: (Own & { readonly sealed: boolean; readonly root: boolean }) | null;
}

export function hereIn(folder: string, state: State | null): Here {
  const host = keyHost();
  const node = readIdentityKey(host, folder);
  const card = readOperatorKey(host, operatorFolder(folder));
  const memberOf = (key: Key): MemberState | undefined =>
    state?.members.find((member) => member.key === key);
  const standing = (member: MemberState | undefined): Standing =>
    member === undefined ? 'stranger' : standingOf(member);
  const own = (key: Key, called: string | null): Own => ({
    ...{ key, fingerprint: fingerprint(key, nodePlatform) },
    ...{ name: memberOf(key)?.shown ?? called, standing: standing(memberOf(key)) },
  });
  return {
    node: node.ok ? own(node.value, null) : null,
    operator: card.ok
      ? {
          ...own(card.value.publicKey, card.value.name),
          ...{ sealed: card.value.sealed, root: memberOf(card.value.publicKey)?.root === true },
        }
      : null,
  };
}

/** `attic, with the key of the operator anna`. */
export function hereText({ node, operator }: Here): string {
  const told = ({ name, key, standing }: Own): string =>
    `${name ?? `${key.slice(0, 8)}…`}${standing === 'active' ? '' : ` (${standing})`}`;
  const first = node === null ? 'no key of its own' : told(node);
  return operator === null ? first : `${first}, with the key of the operator ${told(operator)}`;
}
