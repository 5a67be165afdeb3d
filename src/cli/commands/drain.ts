// `kith drain` and `kith resume`: of any node by an operator, in the ledger; of this machine by
// whoever may speak to its daemon, at once. Spec: docs/placement.md, "Drained".

import { stateOf } from '../../../ledger/replica.ts';
import { askDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { memberNamed, stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { complaintOf } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const drained = call.command.path[0] === 'drain';
  const named = call.value('node');
  if (call.flag('here') === (named !== undefined)) {
    throw new Stop(wrongUse('NODE or --here is needed, and not both', 'say one of them'));
  }
  if (named === undefined) return here(call, print, drained);
  return withHome(call.folder, stagingAccess(call), async (home) => {
    const { shown, class: its } = memberNamed(home, named);
    if (its !== 'node') throw new Stop(wrongUse(`${shown} is no node`, 'see `kith nodes`'));
    const key = `drained/${shown}`;
    const entry = stateOf(home.replica).config.find((one) => one.key === key);
    if ((entry?.value === true) === drained) throw new Stop(complaintOf('nothing-new', key));
    const body = drained ? { key, value: true } : { key };
    return stageActs(call, print, home, [
      { act: { kind: 'config.commit', body }, refs: [], at: 'current' },
    ]);
  });
}

async function here(call: Call, print: Printer, drained: boolean): Promise<Exit> {
  const said = await askDaemon(call.folder, 'drain', { drained });
  print.result(said, () =>
    said.drained
      ? 'this machine takes no new work; what runs goes on'
      : 'this machine takes new work again, unless an operator drains it',
  );
  return 'ok';
}
