// `kith receipt show ID`: what hosts have signed about work that was placed here and has ended.

import { askDaemon } from '../../daemon/client.ts';
import type { Receipt } from '../../../work/documents.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { short } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const found = await askDaemon(call.folder, 'workReceipts', { id: call.needed('id') });
  print.result(found, () => {
    const { receipts } = found;
    if (receipts.length === 0)
      return 'there is no receipt yet: its host signs one when it has ended';
    return receipts.flatMap(({ document }, i) => [
      ...(i === 0 ? [] : ['']),
      ...linesOf(document as unknown as Receipt, print),
    ]);
  });
  return 'ok';
}

function linesOf(receipt: Receipt, print: Printer): string[] {
  const { startedAt = null, failure = null, exit = null } = receipt;
  const outputs = Object.entries(receipt.outputs).map(([path, digest]) => [
    'output',
    `${path} ${digest}`,
  ]);
  const rows = [
    ['work', `${receipt.kind} ${receipt.name}, ${receipt.id}, generation ${receipt.generation}`],
    ['host', short(receipt.host)],
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
