// `kith relink`: the links tried anew.

import { askDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import { memberNamed } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const text = call.value('node');
  const node =
    text === undefined
      ? null
      : (await withHome(call.folder, { write: false }, async (home) => memberNamed(home, text)))
          .key;
  const { links } = await askDaemon(call.folder, 'relink', { node });
  print.result({ links }, () => `tries ${counted(links, 'link')} anew: see \`kith peers\``);
  return 'ok';
}
