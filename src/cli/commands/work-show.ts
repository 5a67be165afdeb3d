// `kith work show ID`: all that is known of one piece of work: by this node where it has placed it,
// else by the node that has, and by its host.

import { askDaemon } from '../../daemon/client.ts';
import { DaemonFault } from '../../daemon/refusals.ts';
import type { Names, WorkReplies } from '../../daemon/work-routes.ts';
import type { OwnedView } from '../../../work/owner-view.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nameIn } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../../../proto/when.ts';
import { standText } from '../../../tui/work-words.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const id = call.needed('id');
  const own = await ownOf(call.folder, id);
  if (own !== null) {
    print.result(own, () => table(rowsOf(own.work, own.names), print));
    return 'ok';
  }
  const found = await askDaemon(call.folder, 'workFind', { id });
  const { names, owner, owned, at, silent } = found;
  print.result(found, () => [
    ...table(
      [
        ...(owned === null ? headOf(found) : rowsOf(owned.work, names)),
        ['placed by', nameIn(names, owner)],
        ...at.map(({ host, state, generation }) => [
          ...['says', `${nameIn(names, host)}: ${state}, generation ${generation}`],
        ]),
      ],
      print,
    ),
    ...silent.map(({ key, why }) => plain(`${nameIn(names, key)} does not answer: ${why}`)),
  ]);
  return 'ok';
}

/** Null: this node has placed no such work. */
async function ownOf(folder: string, id: string): Promise<WorkReplies['work'] | null> {
  try {
    return await askDaemon(folder, 'work', { id });
  } catch (error) {
    if (error instanceof DaemonFault && error.code === 'no-such-work') return null;
    throw error;
  }
}

function table(rows: readonly (readonly string[])[], print: Printer): string[] {
  const width = print.columns === null ? {} : { width: print.columns };
  return columnsOf(
    rows.map((row) => row.map(plain)),
    width,
  );
}

/** Where its owner says nothing of it. */
function headOf({ id, name, digest, at }: WorkReplies['workFind']): string[][] {
  return [
    ['work', id],
    ['what', `${at[0]?.kind ?? 'work'} ${name}`],
    ['digest', digest],
  ];
}

function rowsOf(work: OwnedView, names: Names): string[][] {
  const { host, generation, placedAt, endedAt, asked, past, receipts } = work;
  return [
    ['work', work.id],
    ['what', `${work.kind} ${work.name}`],
    ['digest', work.digest],
    ['where', host === null ? 'nowhere' : `${nameIn(names, host)}, generation ${generation}`],
    ['how', standText(work)],
    ...(work.wish === 'run' ? [] : [['wish', `to ${work.wish} it`]]),
    ['placed', utcText(placedAt)],
    ...(endedAt === null ? [] : [['ended', utcText(endedAt)]]),
    ...asked.map(({ host: other, code, why }) => [
      ...['asked', `${nameIn(names, other)}: ${code}: ${why}`],
    ]),
    ...past.map((copy) => [
      ...['lost with', `${nameIn(names, copy.host)}, generation ${copy.generation}`],
    ]),
    ['receipts', String(receipts)],
  ];
}
