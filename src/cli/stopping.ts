// How a daemon is stopped by a command: asked, and waited for until its process is gone.

import { askDaemon } from '../daemon/client.ts';
import { LOOK_AGAIN_MS, STOPPING_MS_MAX } from '../daemon/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { isRunning, processStart } from '../os/machine.ts';

/** How many pieces of work go on without it. */
export async function stopDaemon(folder: string, pid: number): Promise<number> {
  const start = processStart(pid);
  let running = 0;
  try {
    ({ running } = await askDaemon(folder, 'stop', undefined));
  } catch (error) {
    // It was stopping already: then there is only the waiting left.
    if (!(error instanceof DaemonFault) || error.code === 'daemon-silent') throw error;
  }
  for (let waitedMs = 0; isRunning(pid) && processStart(pid) === start; waitedMs += LOOK_AGAIN_MS) {
    if (waitedMs >= STOPPING_MS_MAX) throw new DaemonFault('daemon-stopping', `process ${pid}`);
    await new Promise((resolve) => void setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return running;
}
