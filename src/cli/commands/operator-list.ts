// `kith operator list`: who decides, the most senior first.

import { stateOf } from '../../../ledger/replica.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import { addressOf } from '../../keys/keypair.ts';
import { readOperatorKey } from '../../keys/operator.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { grantTexts } from '../grants.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: false }, async ({ replica }) => {
    const card = readOperatorKey(keyHost(), operatorFolder(call.folder));
    const own = card.ok ? card.value.publicKey : null;
    const operators = stateOf(replica)
      .members.filter((member) => member.class === 'operator')
      .map(({ key, shown: name, rank, root, grants, removed, frozen }) => ({
        ...{ name, key, fingerprint: fingerprint(key, nodePlatform), address: addressOf(key) },
        ...{ rank, root, here: key === own, grants: grants.flatMap((held) => held.grants) },
        standing: removed !== undefined ? 'removed' : frozen !== undefined ? 'frozen' : 'active',
      }));
    print.result({ operators }, () =>
      columnsOf(
        operators.map(({ name, fingerprint: print4, root, here, standing, grants }) => [
          `${name}${here ? ' (this machine)' : ''}`,
          print4,
          standing,
          root ? 'root: everything' : grantTexts(grants).join('; ') || 'no rights',
        ]),
        print.columns === null ? {} : { width: print.columns },
      ),
    );
    return 'ok';
  });
}
