// `kith stop ID` and `kith kill ID`: a wish, kept on the disk and said to the host until it
// answers.

import { askDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { type Printer, plain } from '../print.ts';
import { standText } from '../../../tui/work-words.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const kill = call.command.path[0] === 'kill';
  const { work } = await askDaemon(call.folder, 'workStop', { id: call.needed('id'), kill });
  print.result({ work }, () => {
    const said = kill ? 'is to be killed' : 'is to end';
    const { name, id, phase } = work;
    if (phase === 'ended') return plain(`${name} (${id}): ${standText(work)}`);
    return plain(`${name} (${id}) ${said}; now: ${standText(work)}`);
  });
  return 'ok';
}
