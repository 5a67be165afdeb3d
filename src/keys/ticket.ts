// The key of a ticket: derived from its 128-bit secret wherever the ticket is, by its maker (for
// the public half) and by its holder (who signs one node.admit). Spec: docs/keys.md, "The ticket".

import { hkdfSync } from 'node:crypto';
import { TICKET_LABEL, TICKET_SECRET_BYTES } from '../../ledger/ticket.ts';
import { type Secret, hide, reveal } from '../../proto/secret.ts';
import { type KeyPair, SEED_BYTES, keyPairOf } from './keypair.ts';

export function newTicketSecret(random: (sizeBytes: number) => Uint8Array): Secret {
  return hide(random(TICKET_SECRET_BYTES));
}

/** HKDF-SHA-256, no salt, the label as info. */
export function ticketKeyPair(secret: Secret): KeyPair {
  const seed = hkdfSync('sha256', reveal(secret), '', TICKET_LABEL, SEED_BYTES);
  return keyPairOf(hide(new Uint8Array(seed)));
}
