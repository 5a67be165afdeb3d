// Tickets from both ends: an operator issues one, a machine with a copy of the ledger redeems it.
// The secret is made here, shown once by the command, and stored nowhere.
// Spec: docs/acts.md, "Tickets".

import type { Grant } from '../../ledger/grant.ts';
import type { Intent } from '../../ledger/intent.ts';
import type { TicketStanding } from '../../ledger/redemption.ts';
import { admittedBy, ticketStanding } from '../../ledger/redemption.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, memberOf } from '../../ledger/replica.ts';
import { type Ticket, encodeTicket } from '../../ledger/ticket.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { type Result, refuse } from '../../proto/result.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { type IdentityCode, openIdentity } from '../keys/identity.ts';
import { oneTimeSigner } from '../keys/recovery.ts';
import type { FileCode, HomeCode } from '../keys/refusals.ts';
import { newTicketSecret, ticketKeyPair } from '../keys/ticket.ts';
import { ownAdmission } from './admission.ts';
import { type WriteCode, type Writing, finishLost, writeIntent } from './write.ts';

export interface NewTicket {
  readonly key: Key;
  /** The secret, as the text that its holder is given. */
  readonly text: string;
}

export function newTicket(host: KeyHost, ledger: RecordId, hints: readonly string[]): NewTicket {
  const secret = newTicketSecret(host.random);
  const text = encodeTicket({ secret, ledger, hints }, host.platform);
  return { key: ticketKeyPair(secret).publicKey, text };
}

export interface TicketTerms {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly labels: readonly string[];
  readonly expires: number;
}

export function issueOf(key: Key, { name, grants, labels, expires }: TicketTerms): Intent {
  const body = { key, name, grants, ...(labels.length === 0 ? {} : { labels }), expires };
  return { act: { kind: 'ticket.issue', body }, refs: [], at: 'fixed' };
}

export type RedeemCode = WriteCode | IdentityCode | FileCode | HomeCode;

const STANDING_CODES = {
  expired: 'ticket-expired',
  closed: 'ticket-closed',
  used: 'ticket-used',
} as const satisfies Record<Exclude<TicketStanding, 'open'>, RedeemCode>;

export interface Redeeming {
  readonly name: string;
  readonly nowMs: () => number;
}

/** Admits this machine with a ticket: its node.admit, signed by the ticket's own key. */
export async function redeemTicket(
  host: KeyHost,
  home: HomeLedger,
  ticket: Ticket,
  { name, nowMs }: Redeeming,
): Promise<Result<Decoded, RedeemCode>> {
  const { replica, folder } = home;
  if (ticket.ledger !== replica.ledger) return refuse('ticket-other-ledger');
  const pair = ticketKeyPair(ticket.secret);
  const issued = memberOf(replica, pair.publicKey);
  if (issued?.class !== 'ticket') return refuse('ticket-unknown');
  const signer = oneTimeSigner(host, folder, pair);
  if (!signer.ok) return signer;
  const writing: Writing = { home, signer: signer.value, nowMs };
  const standing = ticketStanding(replica, issued, nowMs());
  const identity = openIdentity(host, folder);
  if (!identity.ok) return identity;
  // A run that was killed after it had signed: its record is the redemption, however late it is.
  const lost = standing === 'closed' ? null : await finishLost(writing);
  if (lost !== null && !lost.ok) return lost;
  const [finished] = lost?.value ?? [];
  if (finished !== undefined) return { ok: true, value: finished };
  if (standing !== 'open') return refuse(STANDING_CODES[standing]);
  if (memberOf(replica, identity.value.publicKey) !== null) return refuse('node-admitted');
  const intent = ownAdmission(identity.value, {
    ledger: replica.ledger,
    admitter: pair.publicKey,
    name,
    grants: handedOn(replica, pair.publicKey),
    labels: issued.labels,
  });
  return writeIntent(writing, intent);
}

/** All that a ticket holds and may hand on, one step down. */
function handedOn(replica: Replica, ticket: Key): Grant[] {
  const held = memberOf(replica, ticket)?.grants.values() ?? [];
  return [...held].flatMap(({ grants, lastUse }) =>
    lastUse < 1
      ? []
      : grants
          .filter(({ depth }) => depth > 0)
          .map((grant) => ({ ...grant, depth: grant.depth - 1 })),
  );
}

export interface TicketCard {
  readonly key: Key;
  readonly name: string;
  readonly standing: TicketStanding;
  readonly expires: number;
  /** The node that it has admitted. */
  readonly admitted: Key | null;
}

export function ticketsOf(replica: Replica, nowMs: number): TicketCard[] {
  const cards: TicketCard[] = [];
  for (const member of replica.fold.authority.members.values()) {
    const { body } = member;
    if (member.class !== 'ticket' || body === null || !('expires' in body)) continue;
    cards.push({
      key: member.key,
      name: member.name,
      standing: ticketStanding(replica, member, nowMs),
      expires: body.expires,
      admitted: admittedBy(replica, member.key),
    });
  }
  return cards;
}
