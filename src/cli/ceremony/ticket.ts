// `kith join --ticket`: this machine joins without a person, by src/genesis/by-ticket.ts. Here are
// its words, and the addresses that a person may name instead of those of the ticket.

import { type Ticket, decodeTicket } from '../../../ledger/ticket.ts';
import { assert } from '../../../proto/assert.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import { TICKET_FILE_BYTES_MAX } from '../../acts/limits.ts';
import { type Held, type JoinedByTicket, joinByTicket } from '../../genesis/by-ticket.ts';
import { takeGenesis } from '../../genesis/kept.ts';
import { openDesk } from '../../home/desk.ts';
import { keyHost } from '../../home/host.ts';
import { openIdentity } from '../../keys/identity.ts';
import { openCalendar } from '../../os/calendar.ts';
import { machineLabel } from '../../os/host-name.ts';
import { hostAndPort } from '../../peer/address.ts';
import { nodePlatform } from '../../platform.ts';
import { realDisk } from '../../store/disk.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { nameIn } from '../commands/operator-add.ts';
import type { Exit } from '../exit.ts';
import { type Printer, plain } from '../print.ts';
import { secretText } from '../secrets.ts';
import { complaintOf, unwrap } from '../sentences.ts';
import { endingSignal } from './start.ts';

export async function join(call: Call, print: Printer): Promise<Exit> {
  const { folder } = call;
  const name = nameIn(call.value('name') ?? machineLabel());
  const named = call.values('from').map(addressIn);
  const text =
    call.value('ticket') ??
    (await secretText(call.value('ticket-file'), 'Ticket: ', TICKET_FILE_BYTES_MAX));
  const ticket = unwrap(decodeTicket(text, nodePlatform));
  realDisk.makeFolder(folder);
  const release = unwrap(takeGenesis(folder));
  const host = keyHost();
  const held: Held = { home: null };
  try {
    const { nowMs } = openCalendar(folder);
    const identity = unwrap(openIdentity(host, folder, call.flag('moved')));
    held.home = await openDesk(folder);
    const joined = await joinByTicket(
      {
        ...{ host, folder, identity, ticket, name, nowMs, signal: endingSignal() },
        addresses: named.length > 0 ? named : ticket.hints,
        tried: (address, code, detail) => tried(print, { address, code, detail }),
      },
      held,
    );
    return shown(unwrap(joined), held, ticket, print);
  } finally {
    await held.home?.close();
    release();
  }
}

function addressIn(text: string): string {
  const address = hostAndPort(text);
  if (address !== null && address.port !== 0) return text;
  throw new Stop(wrongUse(`${text} as --from`, 'say HOST:PORT of the door of a member'));
}

function tried(
  print: Printer,
  { address, code, detail }: { address: string; code: string; detail: string },
): void {
  const { what } = complaintOf(code);
  if (print.json) return print.item({ event: 'tried', address, code, what, detail }, () => '');
  return print.note(plain(`${address}: ${what}${detail === '' ? '' : ` (${detail})`}`));
}

function shown(
  { record, told }: JoinedByTicket,
  { home }: Held,
  { ledger }: Ticket,
  print: Printer,
): Exit {
  const { act, id } = record;
  const { key, name } = act.kind === 'node.admit' ? act.body : { key: record.author, name: '' };
  assert(home !== null, 'who has joined has a ledger');
  const { network } = home.replica.genesis;
  const node = { name, key, fingerprint: fingerprint(key, nodePlatform) };
  const facts = { network, ledger, node, record: id };
  if (told === null) throw new Stop({ ...complaintOf('ticket-untold'), facts });
  print.item({ event: 'joined', ...facts, told }, () => [
    `This machine is ${name} of the network ${network}, by a ticket.`,
    `${told} has been told; the others learn of it by sync.`,
    'Next: `kith up` keeps it in touch with the others.',
  ]);
  return 'ok';
}
