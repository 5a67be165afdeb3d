// `kith join --ticket`: this machine admits itself with the ticket's own key, and tells the members
// that the ticket names. One that cannot be reached hears of it later, by any sync.

import { memberOf } from '../../../ledger/replica.ts';
import { type Ticket, decodeTicket } from '../../../ledger/ticket.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import { TICKET_FILE_BYTES_MAX } from '../../acts/limits.ts';
import { redeemTicket } from '../../acts/tickets.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { nowMs } from '../../os/clock.ts';
import { machineLabel } from '../../os/host-name.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import { complaintAbout, syncHome } from '../commands/ledger-sync.ts';
import { nameIn } from '../commands/operator-add.ts';
import type { Exit } from '../exit.ts';
import { tryHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { secretText } from '../secrets.ts';
import { stop, unwrap } from '../sentences.ts';

export async function joinByTicket(call: Call, print: Printer): Promise<Exit> {
  const text =
    call.value('ticket') ??
    (await secretText(call.value('ticket-file'), 'Ticket: ', TICKET_FILE_BYTES_MAX));
  const ticket = unwrap(decodeTicket(text, nodePlatform));
  const exit = await tryHome(call.folder, { write: true }, (home) =>
    redeem(call, print, home, ticket),
  );
  return exit ?? stop('ticket-needs-copy', call.folder);
}

async function redeem(call: Call, print: Printer, home: HomeLedger, ticket: Ticket): Promise<Exit> {
  const { replica } = home;
  const wanted = nameIn(call.value('name') ?? machineLabel());
  const record = unwrap(await redeemTicket(keyHost(), home, ticket, { name: wanted, nowMs }));
  const { act } = record;
  if (act.kind !== 'node.admit' || memberOf(replica, act.body.key) === null)
    return stop('not-taken');
  const told = await firstThatAnswers(call, print, home, ticket);
  const { key, name } = act.body;
  const { network } = replica.genesis;
  const node = { name, key, fingerprint: fingerprint(key, nodePlatform) };
  const document = { event: 'joined', network, ledger: replica.ledger, node, record: record.id };
  print.item({ ...document, told }, () => [
    `This machine is ${name} of the network ${network}, by a ticket.`,
    told === null
      ? 'No member has been told yet: `kith ledger sync URL`, or `kith up` where one is known.'
      : `${told} has been told; the others learn of it by sync.`,
  ]);
  return 'ok';
}

/** The first member named by the ticket with which a sync ends well. */
async function firstThatAnswers(
  call: Call,
  print: Printer,
  home: HomeLedger,
  { hints }: Ticket,
): Promise<string | null> {
  for (const hint of hints) {
    const { result, stopped } = await syncHome(home, `https://${hint}`, call, print);
    if (stopped) return null;
    if (complaintAbout(result.outcome) === null) return hint;
  }
  return null;
}
