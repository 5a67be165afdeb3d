// `kith receipt show ID`: what hosts have signed about work that was placed here and has ended.

import { askDaemon } from '../../daemon/client.ts';
import type { Names } from '../../daemon/work-routes.ts';
import { assert } from '../../../proto/assert.ts';
import type { Receipt, SignedDocument } from '../../../work/documents.ts';
import { readReceipt } from '../../../work/receipt.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nameIn } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const found = await askDaemon(call.folder, 'workReceipts', { id: call.needed('id') });
  const { names, ...shown } = found;
  print.result(shown, () => {
    const { receipts } = found;
    if (receipts.length === 0)
      return 'there is no receipt yet: its host signs one when it has ended';
    return receipts
      .map(read)
      .flatMap((document, i) => [...(i === 0 ? [] : ['']), ...linesOf(document, names, print)]);
  });
  return 'ok';
}

/** What is kept here was checked when it came, and is read by the same rules. */
function read(signed: SignedDocument): Receipt {
  const receipt = readReceipt(signed, nodePlatform);
  assert(receipt.ok, 'a receipt that was kept is one');
  return receipt.value;
}

function linesOf(receipt: Receipt, names: Names, print: Printer): string[] {
  const { startedAt, failure, exit } = receipt;
  const outputs = Object.entries(receipt.outputs).map(([path, digest]) => [
    'output',
    `${path} ${digest}`,
  ]);
  const rows = [
    ['work', `${receipt.kind} ${receipt.name}, ${receipt.id}, generation ${receipt.generation}`],
    ['host', `${nameIn(names, receipt.host)} (${receipt.host})`],
    ['image', receipt.image],
    ['started', startedAt === null ? 'never' : utcText(startedAt)],
    ['ended', utcText(receipt.endedAt)],
    [
      'how',
      failure === null ? receipt.ended : `${failure.code} (${failure.phase}): ${failure.why}`,
    ],
    ['exit', exit === null ? '-' : String(exit)],
    ...outputs,
    ['logs', receipt.logsHash],
    ['execution', receipt.executionHash],
  ].map((row) => row.map(plain));
  return columnsOf(rows, print.columns === null ? {} : { width: print.columns });
}
