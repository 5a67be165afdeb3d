// `kith stop ID` and `kith kill ID`: a wish, kept on the disk of its owner and said to the host
// until it answers. Work of another node is ended by that one, where this one has the right.

import { askDaemon } from '../../daemon/client.ts';
import type { Names } from '../../daemon/work-routes.ts';
import type { OwnedView } from '../../../work/owner-view.ts';
import type { Told } from '../../work/elsewhere.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nameIn } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { standText } from '../../../tui/work-words.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const kill = call.command.path[0] === 'kill';
  const { work, told, names } = await askDaemon(call.folder, 'workStop', {
    ...{ id: call.needed('id'), kill },
  });
  print.result(work === null ? { told } : { work }, () => {
    const wish = kill ? 'is to be killed' : 'is to end';
    if (work !== null) return plain(ownText(work, wish));
    return told === null ? '' : plain(toldText(told, wish, names));
  });
  return 'ok';
}

function ownText(work: OwnedView, wish: string): string {
  const { name, id, phase } = work;
  if (phase === 'ended') return `${name} (${id}): ${standText(work)}`;
  return `${name} (${id}) ${wish}; now: ${standText(work)}`;
}

function toldText({ name, id, by, as }: Told, wish: string, names: Names): string {
  const who = nameIn(names, by);
  return as === 'owner'
    ? `${name} (${id}) ${wish}: ${who}, which placed it, sees to that`
    : `${name} (${id}) ${wish}: ${who}, its host, sees to that; the node that placed it is away`;
}
