// `kith nodes`: the machines of the network, as the ledger has them.

import { stateOf } from '../../../ledger/replica.ts';
import type { MemberState } from '../../../ledger/state.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import { keyHost } from '../../home/host.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { grantTexts } from '../grants.ts';
import { namesAt, withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const own = readIdentityKey(keyHost(), call.folder);
    const nameOf = namesAt(home);
    const nodes = stateOf(home.replica)
      .members.filter((member) => member.class === 'node')
      .map((member) => {
        const { shown: name, key, labels, endpoints, replaces } = member;
        const admission = home.store.find(member.by);
        return {
          ...{ name, key, fingerprint: fingerprint(key, nodePlatform), labels, endpoints },
          ...{ standing: standingOf(member), here: own.ok && own.value === key },
          admitted: admission === null ? null : nameOf(admission.author),
          grants: member.grants.flatMap(({ grants }) => grants),
          ...(replaces === undefined ? {} : { replaces: nameOf(replaces) }),
        };
      });
    print.result({ nodes }, () =>
      columnsOf(
        nodes.map(({ name, here, fingerprint: print4, standing, admitted, ...node }) => [
          `${name}${here ? ' (this machine)' : ''}`,
          print4,
          standing,
          `by ${admitted ?? '?'}`,
          [...node.labels, ...grantTexts(node.grants)].join('; ') || 'no rights',
        ]),
        print.columns === null ? {} : { width: print.columns },
      ),
    );
    return 'ok';
  });
}

function standingOf({ removed, frozen }: MemberState): 'removed' | 'frozen' | 'active' {
  if (removed !== undefined) return 'removed';
  return frozen === undefined ? 'active' : 'frozen';
}
