// `kith work show ID`: all that this node knows of one piece of work that it has placed.

import { askDaemon } from '../../daemon/client.ts';
import type { Names } from '../../daemon/work-routes.ts';
import type { Key } from '../../../proto/ids.ts';
import type { OwnedView } from '../../../work/owner-view.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../../../proto/when.ts';
import { standText } from '../../../tui/work-words.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const shown = await askDaemon(call.folder, 'work', { id: call.needed('id') });
  print.result(shown, () => linesOf(shown.work, shown.names, print));
  return 'ok';
}

function linesOf(work: OwnedView, names: Names, print: Printer): string[] {
  const named = (key: Key): string => names[key] ?? `${key.slice(0, 8)}…`;
  const { host, generation, placedAt, endedAt, asked, past, receipts } = work;
  const rows = [
    ['work', work.id],
    ['what', `${work.kind} ${work.name}`],
    ['digest', work.digest],
    ['where', host === null ? 'nowhere' : `${named(host)}, generation ${generation}`],
    ['how', standText(work)],
    ...(work.wish === 'run' ? [] : [['wish', `to ${work.wish} it`]]),
    ['placed', utcText(placedAt)],
    ...(endedAt === null ? [] : [['ended', utcText(endedAt)]]),
    ...asked.map(({ host: other, code, why }) => ['asked', `${named(other)}: ${code}: ${why}`]),
    ...past.map((copy) => ['lost with', `${named(copy.host)}, generation ${copy.generation}`]),
    ['receipts', String(receipts)],
  ].map((row) => row.map(plain));
  return columnsOf(rows, print.columns === null ? {} : { width: print.columns });
}
