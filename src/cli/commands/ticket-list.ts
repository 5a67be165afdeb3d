// `kith ticket list`: which are open, and what became of the others.

import { stateOf } from '../../../ledger/replica.ts';
import { ticketsOf } from '../../acts/tickets.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';
import { utcText } from '../../../proto/when.ts';

const STANDING = { open: 'open', expired: 'expired', closed: 'revoked', used: 'used' } as const;

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    stateOf(home.replica);
    const tickets = ticketsOf(home.replica, nowMs());
    const nameOf = namesAt(home);
    const rows = tickets.map(({ name, standing, expires, admitted }) => [
      name,
      STANDING[standing],
      `until ${utcText(expires)}`,
      admitted === null ? '' : `admitted ${nameOf(admitted)}`,
    ]);
    print.result({ tickets }, () => (rows.length === 0 ? 'there are no tickets' : columnsOf(rows)));
    return 'ok';
  });
}
