// `kith place SPEC`: hands it to the daemon and tells what becomes of it; with --dry-run, what
// would.

import { fieldRows } from '../../../work/fields.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { dryRun } from '../dry-run.ts';
import type { Exit } from '../exit.ts';
import { placeAndFollow, seedIn } from '../placing.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';
import { specIn } from '../spec-file.ts';
import { schemaLines } from '../spec-table.ts';
import { followOutput, streamsOf } from '../work-output.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  if (call.flag('schema')) {
    print.result({ fields: fieldRows() }, () => schemaLines(print.columns));
    return 'ok';
  }
  const path = call.value('spec');
  if (path === undefined) {
    throw new Stop(wrongUse('`kith place` needs SPEC: the file that holds the spec', 'see --help'));
  }
  const seed = seedIn(call.value('seed'));
  const spec = unwrap(await specIn(path));
  if (call.flag('dry-run')) return dryRun(call, print, spec, seed);
  if (!call.flag('wait')) {
    return placeAndFollow(call, print, spec, { seed, until: 'going', quiet: false });
  }
  return placeAndFollow(call, print, spec, {
    ...{ seed, until: 'ended', quiet: false },
    async output(work, ended) {
      if (!print.json) await followOutput(call.folder, work.id, streamsOf(print), ended);
    },
  });
}
