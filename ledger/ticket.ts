// A ticket as text: what lets a machine without a console join by itself. It holds a 128-bit secret
// that signs and never travels, the ledger it opens, and where to knock.
// Spec: docs/keys.md, "The ticket".
//
//   kith-ticket-  Crockford base32 of:
//   version 1 | secret 16 | ledger 32 | hints 1 | (length 1 | HOST:PORT)* | checksum 4

import { assert } from '../proto/assert.ts';
import { concat, fromBase64url, sameBytes, textOf, toBase64url, utf8 } from '../proto/bytes.ts';
import { fromCrockford, toCrockford } from '../proto/crockford.ts';
import { ID_BYTES, type RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { type Secret, hide, reveal } from '../proto/secret.ts';
import { ENDPOINTS_MAX } from './limits.ts';
import { endpoint } from './schema.ts';

export const TICKET_PREFIX = 'kith-ticket-';
/** FROZEN. 128 bits cannot be guessed, so a ticket's key needs no slow derivation. */
export const TICKET_SECRET_BYTES = 16;
/** FROZEN. What the key of a ticket is derived under (src/keys/ticket.ts). */
export const TICKET_LABEL = 'kith-ticket-v1';

const VERSION = 1;
const CHECKSUM_BYTES = 4;
const HEAD_BYTES = 1 + TICKET_SECRET_BYTES + ID_BYTES + 1;
const SIZE_BYTES_MAX = HEAD_BYTES + ENDPOINTS_MAX * 256 + CHECKSUM_BYTES;
/** Before anything is decoded: eight endpoints of 255 characters, and a line break in every ten. */
const TEXT_CHARS_MAX = SIZE_BYTES_MAX * 2;

export interface Ticket {
  readonly secret: Secret;
  readonly ledger: RecordId;
  /** Where a member was listening when the ticket was made: tried in order, proof of nothing. */
  readonly hints: readonly string[];
}

export type TicketCode = 'ticket-prefix' | 'ticket-damaged' | 'ticket-version';

export const TICKET_REFUSALS: Readonly<Record<TicketCode, { what: string; hint: string }>> = {
  'ticket-prefix': { what: 'this is no ticket', hint: `a ticket begins with ${TICKET_PREFIX}` },
  'ticket-damaged': {
    what: 'the ticket is cut off or has a changed character',
    hint: 'copy it whole, or make another with `kith ticket new`',
  },
  'ticket-version': {
    what: 'the ticket is of a newer kind',
    hint: 'install the version of kith that made it',
  },
};

export function encodeTicket(ticket: Ticket, platform: Platform): string {
  const secret = reveal(ticket.secret);
  assert(secret.length === TICKET_SECRET_BYTES, 'a ticket holds a 16-byte secret');
  assert(ticket.hints.length <= ENDPOINTS_MAX, 'a ticket holds at most 8 hints');
  const hints = ticket.hints.map((hint) => {
    assert(endpoint(hint) === null && hint.length < 256, 'a hint is an endpoint');
    return concat(Uint8Array.of(hint.length), utf8(hint));
  });
  const body = concat(
    Uint8Array.of(VERSION),
    secret,
    fromBase64url(ticket.ledger) as Uint8Array,
    Uint8Array.of(hints.length),
    ...hints,
  );
  return TICKET_PREFIX + toCrockford(concat(body, checksum(body, platform)));
}

/** The ticket of a text. Case and white space are forgiven, one changed character is not. */
export function decodeTicket(text: string, platform: Platform): Result<Ticket, TicketCode> {
  const trimmed = text.trim();
  if (trimmed.slice(0, TICKET_PREFIX.length).toLowerCase() !== TICKET_PREFIX) {
    return refuse('ticket-prefix');
  }
  if (trimmed.length > TEXT_CHARS_MAX) return refuse('ticket-damaged', 'too long');
  const bytes = fromCrockford(trimmed.slice(TICKET_PREFIX.length));
  if (bytes === null || bytes.length < HEAD_BYTES + CHECKSUM_BYTES) return refuse('ticket-damaged');
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!sameBytes(checksum(body, platform), bytes.subarray(-CHECKSUM_BYTES))) {
    return refuse('ticket-damaged', 'checksum');
  }
  // Only now: a damaged version would send the person after a newer program.
  if (body[0] !== VERSION) return refuse('ticket-version', `version ${body[0]}`);
  const hints = readHints(body.subarray(HEAD_BYTES), body[HEAD_BYTES - 1] as number);
  if (hints === null) return refuse('ticket-damaged', 'hints');
  const secret = body.slice(1, 1 + TICKET_SECRET_BYTES);
  const ledger = toBase64url(body.subarray(1 + TICKET_SECRET_BYTES, HEAD_BYTES - 1)) as RecordId;
  return ok({ secret: hide(secret), ledger, hints });
}

function readHints(bytes: Uint8Array, count: number): string[] | null {
  if (count > ENDPOINTS_MAX) return null;
  const hints: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + 1 + (bytes[at] ?? 0);
    const hint = end <= bytes.length ? textOf(bytes.subarray(at + 1, end)) : null;
    if (hint === null || endpoint(hint) !== null) return null;
    hints.push(hint);
    at = end;
  }
  return at === bytes.length ? hints : null;
}

function checksum(body: Uint8Array, platform: Platform): Uint8Array {
  return platform.sha256(concat(utf8(`${TICKET_LABEL}\n`), body)).subarray(0, CHECKSUM_BYTES);
}
