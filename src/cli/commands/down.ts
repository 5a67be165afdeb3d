// `kith down`: stops the daemon and waits until it is gone.

import { findDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { stopDaemon } from '../stopping.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const found = await findDaemon(call.folder);
  if (found === null) {
    print.result({ stopped: false, pid: null }, () => 'no daemon runs for this folder');
    return 'ok';
  }
  const { pid } = found;
  const running = await stopDaemon(call.folder, pid);
  print.result({ stopped: true, pid, running }, () => [
    `stopped process ${pid}`,
    ...(running === 0 ? [] : [`${counted(running, 'piece')} of work still running: left as it is`]),
  ]);
  return 'ok';
}
