// Where a ticket stands, by a clock that is handed in: expiry is judged at the door where a
// redemption is shown, never in the fold. Spec: docs/ledger.md, "Tickets".

import type { Key } from '../proto/ids.ts';
import type { Member } from './member.ts';
import type { Decoded } from './record.ts';
import { type Replica, memberOf } from './replica.ts';

/** `used`: it has admitted a machine, or several have tried, and then nothing of it counts. */
export type TicketStanding = 'open' | 'expired' | 'closed' | 'used';

export function ticketStanding(replica: Replica, ticket: Member, nowMs: number): TicketStanding {
  if (ticket.cut !== null) return 'closed';
  if ((replica.books.get(ticket.key)?.chain.trunk ?? 0) > 0 || ticket.live.frozen) return 'used';
  return nowMs > expiryOf(ticket) ? 'expired' : 'open';
}

/** The node that a ticket has admitted, or null. */
export function admittedBy(replica: Replica, ticket: Key): Key | null {
  const note = replica.books.get(ticket)?.notes[0];
  return note?.act.kind === 'node.admit' ? note.act.body.key : null;
}

/**
 * True for a redemption that comes too late: the member at whose door it is shown for the first
 * time turns it away. A replica that hears of it from a member takes it, since that one has judged.
 */
export function isLateRedemption(replica: Replica, record: Decoded, nowMs: number): boolean {
  if (record.act.kind !== 'node.admit') return false;
  const ticket = memberOf(replica, record.author);
  return ticket?.class === 'ticket' && nowMs > expiryOf(ticket);
}

function expiryOf({ body }: Member): number {
  return body !== null && 'expires' in body ? body.expires : Number.POSITIVE_INFINITY;
}
