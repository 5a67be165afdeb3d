// `kith run IMAGE -- CMD…`: a job in one line. It waits like a command of this machine would: what
// the job prints comes out here, and Ctrl-C stops the job.

import { askDaemon } from '../../daemon/client.ts';
import type { OwnedView } from '../../../work/owner-view.ts';
import type { Call } from '../command.ts';
import { dryRun } from '../dry-run.ts';
import type { Exit } from '../exit.ts';
import { placeAndFollow, seedIn } from '../placing.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';
import { followOutput, streamsOf } from '../work-output.ts';
import { environmentOf, specBy } from '../wishes.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const env = environmentOf(call.values('env'));
  const workdir = call.value('workdir');
  const spec = unwrap(
    specBy(call, {
      ...(Object.keys(env).length === 0 ? {} : { env }),
      job: {
        ...{ image: call.needed('image'), command: call.values('command') },
        ...(workdir === undefined ? {} : { workdir }),
      },
    }),
  );
  const seed = seedIn(call.value('seed'));
  if (call.flag('dry-run')) return dryRun(call, print, spec, seed);
  if (call.flag('detach')) {
    return placeAndFollow(call, print, spec, { seed, until: 'going', quiet: false });
  }
  return placeAndFollow(call, print, spec, {
    ...{ seed, until: 'ended', quiet: true },
    async output(work, ended) {
      stopOnInterrupt(call.folder, print, work);
      if (print.json) return;
      await followOutput(call.folder, work.id, streamsOf(print), ended);
    },
  });
}

/** The first Ctrl-C is for the job; the second one is for this command. */
function stopOnInterrupt(folder: string, print: Printer, { id }: OwnedView): void {
  process.once('SIGINT', () => {
    print.note('the job is asked to stop; Ctrl-C again ends this command only');
    askDaemon(folder, 'workStop', { id, kill: false }).catch((error: Error) =>
      print.note(`it could not be asked: ${error.message}`),
    );
  });
}
