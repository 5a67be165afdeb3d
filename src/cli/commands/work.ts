// `kith work`: what this node has placed, and what every member that answers runs. What is only
// believed is shown as that.

import { askDaemon } from '../../daemon/client.ts';
import type { Works } from '../../daemon/work-routes.ts';
import type { OwnedView } from '../../../work/owner-view.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nameIn } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { standText } from '../../../tui/work-words.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const works = await askDaemon(call.folder, 'works', undefined);
  const owned = call.flag('all')
    ? works.owned
    : works.owned.filter(({ phase }) => phase !== 'ended');
  print.result({ ...works, owned }, () => linesOf({ ...works, owned }, print));
  return 'ok';
}

function linesOf(works: Works, print: Printer): string[] {
  const { owned, at, silent, names } = works;
  const width = print.columns === null ? {} : { width: print.columns };
  const mine = new Set(owned.map(({ id, generation }) => `${id} ${generation}`));
  const others = at.filter(({ id, generation }) => !mine.has(`${id} ${generation}`));
  const rows = [
    ...owned.map((work) => ownRow(work, works)),
    ...others.map(({ id, kind, name, generation, owner, host, state, reached }) => [
      ...[
        id,
        kind ?? '-',
        name === '' ? '-' : name,
        nameIn(names, host),
        `generation ${generation}`,
      ],
      plain(`${state}; placed by ${nameIn(names, owner)}${reachedText(reached, names[host])}`),
    ]),
  ];
  return [
    ...(rows.length === 0 ? ['no work'] : columnsOf(rows, width)),
    ...silent.map(({ key, why }) => plain(`${nameIn(names, key)} does not answer: ${why}`)),
  ];
}

function ownRow(work: OwnedView, { names, at }: Works): string[] {
  const { id, kind, name, host, generation } = work;
  const where = host === null ? '-' : nameIn(names, host);
  const its = at.find((one) => one.id === id && one.generation === generation);
  const reached = host === null ? '' : reachedText(its?.reached, names[host]);
  return [id, kind, name, where, `generation ${generation}`, plain(standText(work) + reached)];
}

/** Ports are those of its host; said by the host, and believed as little as the rest of its row. */
function reachedText(reached: unknown, host: string | undefined): string {
  if (!Array.isArray(reached) || reached.length === 0) return '';
  const all = reached.map((one) => (String(one).startsWith(':') ? `${host}.kith${one}` : one));
  return `; reached at ${all.join(', ')}`;
}
