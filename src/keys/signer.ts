// A key that signs records, one place of its chains after the other: never one place twice with
// different content, never on a ledger older than itself. Spec: docs/ledger.md, "Journals".

import {
  type Decoded,
  type Draft,
  decodeText,
  sealedLine,
  unsignedText,
} from '../../ledger/record.ts';
import { assert } from '../../proto/assert.ts';
import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Journal, type KeyHost, enterJournal, refreshJournal } from './journal.ts';
import { type KeyPair, signOther, signRecord } from './keypair.ts';
import type { SignCode } from './refusals.ts';

export interface Signed {
  readonly record: Decoded;
  /**
   * True where this place was signed before and has been lost on its way: the record may say
   * something else than the draft, which then goes into the place after it.
   */
  readonly again: boolean;
}

export interface Signer {
  readonly publicKey: Key;
  /** The record of a draft, durable in the journal before it is returned. */
  signNext(draft: Draft): Result<Signed, SignCode>;
  /** The last record that this key is known here to have signed in a ledger. */
  lastSigned(ledger: RecordId): Result<Decoded | null, SignCode>;
  /** Anything that is no record, under a prefix of its own. */
  signOther(message: Uint8Array): Signature;
}

export function signerOf(host: KeyHost, pair: KeyPair, journal: Journal): Signer {
  assert(pair.publicKey === journal.key, 'a journal belongs to its key');
  return {
    publicKey: pair.publicKey,
    signNext: (draft) => signNext(host, pair, journal, draft),
    signOther: (message) => signOther(pair, message),
    lastSigned(ledger) {
      const fresh = refreshJournal(host, journal);
      return fresh.ok ? ok(journal.seen.last.get(ledger) ?? null) : fresh;
    },
  };
}

function signNext(
  host: KeyHost,
  pair: KeyPair,
  journal: Journal,
  draft: Draft,
): Result<Signed, SignCode> {
  assert(draft.author === pair.publicKey, 'a key signs its own records');
  const fresh = refreshJournal(host, journal);
  if (!fresh.ok) return fresh;
  const last = draft.ledger === '' ? undefined : journal.seen.last.get(draft.ledger);
  if (last !== undefined && last.seq === draft.seq) return leave(host, journal, last, true);
  const fault = misplaced(draft, last);
  if (fault !== null) return fault;
  const line = sealedLine(draft, signRecord(pair, unsignedText(draft)));
  // Looked at before it is journaled: an entry that no ledger takes would block the key for good.
  const decoded = decodeText(line, host.platform);
  if (!decoded.ok) return refuse('bad-draft', `${decoded.code}: ${decoded.detail}`);
  return leave(host, journal, decoded.value, false);
}

function misplaced(draft: Draft, last: Decoded | undefined): Result<never, SignCode> | null {
  const signed = last?.seq ?? 0;
  const places = `the ledger is at ${draft.seq - 1}, the key at ${signed}`;
  if (draft.seq <= signed) return refuse('key-ahead', places);
  if (draft.seq > signed + 1) return refuse('key-behind', places);
  return draft.prev === (last?.id ?? '') ? null : refuse('key-branch', places);
}

/** The only way out for a signature: through the journal, and only if it is first at its place. */
function leave(
  host: KeyHost,
  journal: Journal,
  record: Decoded,
  again: boolean,
): Result<Signed, SignCode> {
  const entered = enterJournal(host, journal, record);
  if (!entered.ok) return entered;
  const last = entered.value;
  if (last.id === record.id) return ok({ record, again });
  if (last.seq > record.seq) return refuse('key-ahead', `the key is at ${last.seq} by now`);
  return leave(host, journal, last, true);
}
