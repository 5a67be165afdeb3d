// `kith staged`: what waits to be signed, as the exact records that it would be now.

import { planFor } from '../../../ledger/intent.ts';
import { previewOf } from '../../../ledger/preview.ts';
import { nowMs } from '../../os/clock.ts';
import { previewTexts } from '../changes.ts';
import type { Call } from '../command.ts';
import { namesAfter, ownCard, planDocument, planLines, stagedIn } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const { intents } = stagedIn(home);
    if (intents.length === 0) {
      print.result({ staged: [], changes: [], voids: [], says: [] }, () => 'nothing is staged');
      return 'ok';
    }
    const plan = planFor(home.replica, ownCard(call.folder).publicKey, intents, nowMs());
    const preview = previewOf(home.replica, plan.after);
    const names = namesAfter(home, plan);
    print.result(planDocument(plan, preview, names, 1), () => [
      ...planLines(plan, names, 1, true),
      '',
      'what would change:',
      ...previewTexts(preview, names).map((text) => `   ${text}`),
      '',
      '`kith commit` signs it; `kith unstage N` throws one away',
    ]);
    return 'ok';
  });
}
