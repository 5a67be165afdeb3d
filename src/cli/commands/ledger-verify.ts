// `kith ledger verify`: every line of a file judged from nothing, and what the file adds up to.

import { existsSync } from 'node:fs';
import { type Audit, auditFile } from '../../home/audit.ts';
import { pathsIn } from '../../store/opening.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { pickedLedger, plainFile } from '../file.ts';
import { pendingPart, refusedPart, voidPart } from '../lines.ts';
import type { Printer } from '../print.ts';
import { barOn } from '../progress.ts';
import { stop, unwrap } from '../sentences.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const path = pathOf(call);
  const picked = pickedLedger(call);
  const bar = barOn(process.stderr, 'verifying');
  const audited = await auditFile(path, { ...picked, progress: bar.update }).finally(bar.clear);
  const audit = unwrap(audited);
  print.result({ file: path, ...audit }, () => page(path, audit, print.style));
  return audit.refusedCount === 0 ? 'ok' : 'refused';
}

function pathOf(call: Call): string {
  const file = call.value('file');
  if (file === undefined) {
    const path = pathsIn(call.folder).ledger;
    return existsSync(path) ? plainFile(path) : stop('no-ledger', call.folder);
  }
  if (call.folderNamed) {
    throw new Stop(wrongUse('FILE and --dir are both given', 'name the one that is to be checked'));
  }
  return plainFile(file);
}

function page(path: string, audit: Audit, style: Style): string[] {
  const { ledger, refusedCount, duplicates, frontierRoot, stateRoot } = audit;
  const rows = [
    ...(ledger === null ? [] : [['ledger', ledger]]),
    ...(duplicates === 0 ? [] : [['duplicates', counted(duplicates, 'line')]]),
    ...(ledger === null
      ? []
      : [
          ['frontier', frontierRoot],
          ['state', stateRoot],
        ]),
  ];
  return [
    `${path}: ${verdict(audit, style)}`,
    ...columnsOf(rows, { indent: 2 }),
    ...refusedPart(audit.refused, refusedCount, style),
    ...voidPart(audit.void, audit.voidCount, style),
    ...pendingPart(audit.pending, style),
  ];
}

function verdict({ ledger, records, authors, refusedCount }: Audit, style: Style): string {
  if (ledger === null) return style.yellow('no ledger: there is no genesis record in it');
  const held = `${counted(records, 'record')} of ${counted(authors, 'author')}`;
  return `${held}: ${refusedCount === 0 ? style.green('intact') : style.red('not intact')}`;
}
