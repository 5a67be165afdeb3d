// `kith unstage N|all`.

import { unstage } from '../../acts/staged.ts';
import { keyHost } from '../../home/host.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const said = call.needed('number');
  if (said !== 'all' && !/^[1-9][0-9]{0,3}$/.test(said)) {
    throw new Stop(wrongUse(`${said} is no number of a staged act`, 'say a number, or `all`'));
  }
  const number = said === 'all' ? 'all' : Number(said);
  return withHome<Exit>(call.folder, { write: false }, async ({ replica, folder }) => {
    const left = unwrap(unstage(keyHost(), folder, replica.ledger, number)).intents.length;
    print.result({ left }, () => `${counted(left, 'act')} staged`);
    return 'ok';
  });
}
