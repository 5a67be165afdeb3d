// `kith ledger import`: the records of a file, each of them taken like one from the network.

import { type Import, importInto } from '../../home/import.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { pickedLedger, plainFile } from '../file.ts';
import { pendingPart, refusedPart } from '../lines.ts';
import type { Printer } from '../print.ts';
import { barOn } from '../progress.ts';
import { unwrap } from '../sentences.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const path = plainFile(call.needed('file'));
  const picked = pickedLedger(call);
  const bar = barOn(process.stderr, 'importing');
  const options = { ...picked, progress: bar.update };
  const done = unwrap(await importInto(call.folder, path, options).finally(bar.clear));
  print.result({ file: path, folder: call.folder, ...done }, () =>
    page(path, call.folder, done, print.style),
  );
  // Strangers are welcome; a file that is of strangers alone is not what was meant.
  const isForeign = done.added + done.duplicates + done.pending.length === 0;
  return isForeign && done.refusedCount > 0 ? 'refused' : 'ok';
}

function page(path: string, folder: string, done: Import, style: Style): string[] {
  const { added, duplicates, founded, ledger, refusedCount, voidCount } = done;
  const into = founded ? `a new replica in ${folder}` : folder;
  const rows = [
    ['ledger', ledger],
    ['duplicates', counted(duplicates, 'line')],
    ['void', `${counted(voidCount, 'record')} of this ledger: see \`kith ledger log\``],
    ['frontier', done.frontierRoot],
    ['state', done.stateRoot],
  ];
  return [
    `${path}: ${counted(added, 'new record')} for ${into}`,
    ...columnsOf(
      rows.filter(([, value]) => !value?.startsWith('0 ')),
      { indent: 2 },
    ),
    ...refusedPart(done.refused, refusedCount, style),
    ...pendingPart(done.pending, style),
  ];
}
