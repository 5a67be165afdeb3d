// A key that signs records, one place of its chains after the other: never one place twice with
// different content, never on a ledger older than itself. Spec: docs/keys.md, "Journals".

import type { Decoded, Draft } from '../../ledger/record.ts';
import { seal, write } from '../../ledger/seal.ts';
import { assert } from '../../proto/assert.ts';
import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { KeyHost } from './host.ts';
import {
  type Journal,
  enterJournal,
  hasPlace,
  lastIn,
  ledgerOf,
  recordAt,
  refreshJournal,
} from './journal.ts';
import { type KeyPair, signOther, signRecord } from './keypair.ts';
import type { SignCode } from './refusals.ts';

export interface Signed {
  readonly record: Decoded;
  /**
   * True where this place was signed before, and the record then was lost on its way: store it. It
   * may say something else than the draft, which then goes into a place after it.
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
      return fresh.ok ? ok(lastIn(journal, ledger)) : fresh;
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
  const last = draft.ledger === '' ? null : lastIn(journal, draft.ledger);
  if (last !== null && draft.seq <= last.seq) return sendAgain(host, journal, draft, last);
  const fault = misplaced(draft, last);
  if (fault !== null) return fault;
  const written = write(draft);
  // Looked at before it is journaled: an entry that no ledger takes would block the key for good.
  const decoded = seal(written, signRecord(pair, written.unsigned), host.platform);
  if (!decoded.ok) return refuse('bad-draft', `${decoded.code}: ${decoded.detail}`);
  const stands = enterJournal(host, journal, decoded.value);
  if (!stands.ok) return stands;
  return ok({ record: stands.value, again: stands.value.id !== decoded.value.id });
}

/** The ledger here lacks what this key has signed: it gets back the very line. */
function sendAgain(
  host: KeyHost,
  journal: Journal,
  draft: Draft,
  last: Decoded,
): Result<Signed, SignCode> {
  const ledger = ledgerOf(last);
  if (!hasPlace(journal, ledger, draft.seq)) return refuse('key-ahead', places(draft, last));
  const found = recordAt(host, journal, ledger, draft.seq);
  if (!found.ok) return found;
  if (found.value.prev !== draft.prev) return refuse('key-branch', places(draft, last));
  // The last one may not be durable yet. Those before it are: it was signed on top of them.
  const stands = draft.seq === last.seq ? enterJournal(host, journal, last) : found;
  return stands.ok ? ok({ record: stands.value, again: true }) : stands;
}

function misplaced(draft: Draft, last: Decoded | null): Result<never, SignCode> | null {
  if (draft.seq > (last?.seq ?? 0) + 1) return refuse('key-behind', places(draft, last));
  return draft.prev === (last?.id ?? '') ? null : refuse('key-branch', places(draft, last));
}

function places(draft: Draft, last: Decoded | null): string {
  return `the ledger is at ${draft.seq - 1}, the key at ${last?.seq ?? 0}`;
}
