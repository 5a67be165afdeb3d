// `kith commit`: the one command that signs what was staged.

import { stagesUrgent } from '../../acts/staged.ts';
import { keyHost } from '../../home/host.ts';
import type { Call } from '../command.ts';
import { commitAll } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const urgent = stagesUrgent(keyHost(), call.folder);
  return withHome(call.folder, { write: true, urgent }, (home) =>
    commitAll(call, print, home, { asks: !call.flag('yes') }),
  );
}
