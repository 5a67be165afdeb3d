// `kith ticket revoke TICKET`: a removal of its key.

import { findMember } from '../../../ledger/find-member.ts';
import { stateOf } from '../../../ledger/replica.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import { stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome(call.folder, stagingAccess(call, true), async (home) => {
    const path = `ticket/${call.needed('ticket').replace(/^ticket\//, '')}`;
    const { key: target } = unwrap(findMember(stateOf(home.replica), path, nodePlatform));
    const body = { target, seq: 0 };
    return stageActs(call, print, home, [
      { act: { kind: 'member.remove', body }, refs: [], at: 'current' },
    ]);
  });
}
