// Who may speak here. Both ends of a connection look at the other's certificate before a byte of
// HTTP is sent or read; whoever is not let in sees a closed connection and nothing else.
// Spec: docs/sync.md, "The door".

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TicketStanding } from '../../ledger/redemption.ts';
import type { Key } from '../../proto/ids.ts';
import { type Caller, callerOf } from './certificate.ts';

/**
 * Whether this caller is a member. It is asked when a connection opens and again at each request,
 * so it must be a look-up; lines that a newcomer brings may be taken in first.
 */
export type Door = (caller: Caller) => boolean | Promise<boolean>;

/**
 * Where the ticket stands whose own key the caller holds; null for a key that is no ticket's. While
 * it is open its holder may read the ledger, which it needs before it can redeem the ticket.
 */
export type TicketDoor = (key: Key) => TicketStanding | null;

/** Why a connection was closed: for our own log, never for the other side. */
export type TurnedAway =
  | 'no-certificate'
  | 'wrong-certificate'
  | 'resumed-session'
  | 'stranger'
  | 'faulty-before'
  | 'too-many'
  | 'door-failed';

/** Who holds the other end of a finished handshake, or why it is nobody we can know. */
export function callerAt(socket: TLSSocket): Caller | TurnedAway {
  // A resumed session shows no certificate of its own. We hand out no tickets, so none can be real.
  if (socket.isSessionReused()) return 'resumed-session';
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  if (certificate === undefined) return 'no-certificate';
  return callerOf(certificate) ?? 'wrong-certificate';
}
