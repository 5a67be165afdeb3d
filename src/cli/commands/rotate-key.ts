// `kith rotate-key`: a new WireGuard key for this machine, through the daemon where one runs.

import { readyDaemon, askDaemon } from '../../daemon/client.ts';
import { keyHost } from '../../home/host.ts';
import type { Rotated } from '../../mesh/facts.ts';
import { rotateAlone } from '../../mesh/own-key.ts';
import { openCalendar } from '../../os/calendar.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const isRunning = (await readyDaemon(call.folder)) !== null;
  const rotated = isRunning ? await askDaemon(call.folder, 'rotate', undefined) : null;
  return withHome<Exit>(call.folder, { write: rotated === null }, async (home) => {
    const made: Rotated =
      rotated ?? unwrap(await rotateAlone(keyHost(), home, openCalendar(call.folder).nowMs));
    const nameOf = namesAt(home);
    const late = made.late.map(nameOf);
    print.result({ ...made, late }, () => [
      `this machine speaks with its key number ${made.counter} now`,
      `${counted(made.ready, 'peer')} had it before`,
      ...(late.length === 0 ? [] : [`not yet: ${late.join(', ')}; they get it with the ledger`]),
    ]);
    return 'ok';
  });
}
