// `kith ticket redeem`: this machine admits itself, with the ticket's own key.

import { decodeTicket } from '../../../ledger/ticket.ts';
import { TICKET_FILE_BYTES_MAX } from '../../acts/limits.ts';
import { redeemTicket } from '../../acts/tickets.ts';
import { keyHost } from '../../home/host.ts';
import { openCalendar } from '../../os/calendar.ts';
import { machineLabel } from '../../os/host-name.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { secretText } from '../secrets.ts';
import { unwrap } from '../sentences.ts';
import { nameIn } from './operator-add.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const name = nameIn(call.value('name') ?? machineLabel());
  return withHome<Exit>(call.folder, { write: true }, async (home) => {
    const text = await secretText(call.value('ticket-file'), 'Ticket: ', TICKET_FILE_BYTES_MAX);
    const ticket = unwrap(decodeTicket(text, nodePlatform));
    const { nowMs } = openCalendar(call.folder);
    const record = unwrap(await redeemTicket(keyHost(), home, ticket, { name, nowMs }));
    const { act, id } = record;
    const node = act.kind === 'node.admit' ? act.body.key : null;
    print.result({ id, name, node, network: home.replica.genesis.network }, () => [
      `this machine is node ${name} of ${home.replica.genesis.network}`,
      'the others learn of it by the next sync; until then keep the ticket to yourself',
    ]);
    return 'ok';
  });
}
