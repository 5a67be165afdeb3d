// `kith init NAME`: founds a network. The order of things is in src/acts/found.ts.

import { assertRoom, found } from '../../acts/found.ts';
import { keyHost } from '../../home/host.ts';
import { machineLabel, userLabel } from '../../os/host-name.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { keyDocument, openOrMakeKey } from '../own-key.ts';
import type { Printer } from '../print.ts';
import { handOut } from '../secrets.ts';
import { unwrap } from '../sentences.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../../../proto/when.ts';
import { nameIn } from './operator-add.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const network = nameIn(call.needed('name'));
  const operator = nameIn(call.value('operator') ?? userLabel());
  const node = nameIn(call.value('node') ?? machineLabel());
  const sheet = call.value('sheet');
  await assertRoom(call.folder, network);
  const { signer } = await openOrMakeKey(call, print, operator);
  const founded = unwrap(
    await found(keyHost(), call.folder, signer, {
      ...{ network, operator, node, nowMs },
      date: utcText(nowMs()).slice(0, 10),
      handOut: (text) => handOut(print, sheet, text),
    }),
  );
  const { ledger, resumed } = founded;
  const document = {
    ...{ network, ledger, folder: call.folder, resumed },
    operator: { name: operator, ...keyDocument(founded.operator) },
    node: { name: node, ...keyDocument(founded.node) },
    ...(sheet === undefined ? {} : { sheet }),
  };
  print.result(document, () => {
    const { bold } = print.style;
    const rows = [
      ['ledger', ledger],
      ['operator', `${operator}  ${document.operator.fingerprint}`],
      ['', `address ${document.operator.address}`],
      ['node', `${node}  ${document.node.fingerprint}`],
      ['folder', call.folder],
    ];
    return [
      ...(sheet === undefined && !resumed ? [''] : []),
      `${resumed ? 'Finished founding' : 'Founded'} ${bold(network)}.`,
      '',
      ...columnsOf(rows, { indent: 2 }),
      '',
      sheetAdvice(sheet, resumed),
      'Then: `kith up` here, `kith join` on a new machine, and `kith admit` here with the code it shows.',
    ];
  });
  return 'ok';
}

function sheetAdvice(sheet: string | undefined, resumed: boolean): string {
  if (resumed) {
    return 'The recovery sheet is the one that the interrupted run printed. If you have none, delete the folder and start again.';
  }
  return sheet === undefined
    ? 'Print the recovery sheet above on paper now: it is shown only this once.'
    : `Print the recovery sheet in ${sheet} on paper, then delete the file.`;
}
