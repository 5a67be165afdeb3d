// `kith down`: stops the daemon and waits until it is gone.

import { askDaemon, findDaemon } from '../../daemon/client.ts';
import { LOOK_AGAIN_MS, STOPPING_MS_MAX } from '../../daemon/limits.ts';
import { DaemonFault } from '../../daemon/refusals.ts';
import { isRunning, processStart } from '../../os/machine.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const found = await findDaemon(call.folder);
  if (found === null) {
    print.result({ stopped: false, pid: null }, () => 'no daemon runs for this folder');
    return 'ok';
  }
  const { pid } = found;
  const start = processStart(pid);
  let running = 0;
  try {
    ({ running } = await askDaemon(call.folder, 'stop', undefined));
  } catch (error) {
    // It was stopping already: then there is only the waiting left.
    if (!(error instanceof DaemonFault) || error.code === 'daemon-silent') throw error;
  }
  for (let waitedMs = 0; isRunning(pid) && processStart(pid) === start; waitedMs += LOOK_AGAIN_MS) {
    if (waitedMs >= STOPPING_MS_MAX) throw new DaemonFault('daemon-stopping', `process ${pid}`);
    await new Promise((resolve) => void setTimeout(resolve, LOOK_AGAIN_MS));
  }
  print.result({ stopped: true, pid, running }, () => [
    `stopped process ${pid}`,
    ...(running === 0 ? [] : [`${counted(running, 'piece')} of work still running: left as it is`]),
  ]);
  return 'ok';
}
