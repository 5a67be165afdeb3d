// The receipt of work that has ended: its fields, the hash that sums up what was run, on what, with
// which limits and with which outcome, and the check of both. What is null is not written: a
// receipt has one text. Spec: docs/running.md, "Receipts".

import { toBase64url, utf8 } from '../proto/bytes.ts';
import type { Digest } from '../proto/ids.ts';
import { type Json, type JsonObject, canonical, textOutsideProfile } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { RECEIPT } from './document-fields.ts';
import type { DocumentCode } from './document-refusals.ts';
import type { Receipt, SignedDocument } from './documents.ts';
import { GRANTED_BYTES_MAX, GRANTED_DEPTH_MAX } from './limits.ts';
import { readBy } from './reading.ts';
import { object } from './shape.ts';
import { isSignedBy } from './signing.ts';

const RECEIPT_PREFIX = 'kith-receipt-v1\n';
const EXECUTION_PREFIX = 'kith-execution-v1\n';

/** What an execution hash is over; all of it stands in the receipt. */
export type Executed = Omit<Receipt, 'executionHash'>;

export function executionHash(run: Executed, platform: Platform): Digest {
  const { digest, image, inputs, host, generation, granted, exit, startedAt, endedAt } = run;
  const { logsHash, outputs } = run;
  const text = canonical({
    ...{ digest, image, inputs, host, generation, granted, endedAt, logsHash, outputs },
    ...(exit === null ? {} : { exit }),
    ...(startedAt === null ? {} : { startedAt }),
  });
  return toBase64url(platform.sha256(utf8(EXECUTION_PREFIX + text))) as Digest;
}

export function receiptOf(run: Executed, platform: Platform): Receipt {
  return { ...run, executionHash: executionHash(run, platform) };
}

/** As it is signed, sent and kept: without what is null. */
export function receiptJson({ startedAt, exit, failure, ...rest }: Receipt): JsonObject {
  return {
    ...(rest as unknown as JsonObject),
    ...(startedAt === null ? {} : { startedAt }),
    ...(exit === null ? {} : { exit }),
    ...(failure === null ? {} : { failure }),
  };
}

/** What its host signs. */
export function receiptMessage(receipt: Receipt): Uint8Array {
  return utf8(RECEIPT_PREFIX + canonical(receiptJson(receipt)));
}

/** A receipt that its host signed and whose hash is that of what it says. Never throws. */
export function readReceipt(
  { document, signature }: SignedDocument,
  platform: Platform,
): Result<Receipt, DocumentCode> {
  const said: unknown = document;
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    return refuse('document-unreadable', 'no receipt');
  const { granted, ...rest } = said as JsonObject;
  const read = readBy(object(RECEIPT), rest, '');
  if (!read.ok) return refuse('document-unreadable', read.detail);
  if (!isGranted(granted)) return refuse('document-unreadable', 'granted: no plain values');
  const nothing = { startedAt: null, exit: null, failure: null };
  const receipt = { ...nothing, ...(read.value as object), granted } as unknown as Receipt;
  if (!isSignedBy(receipt.host, receiptMessage(receipt), signature, platform))
    return refuse('document-unsigned');
  return receipt.executionHash === executionHash(receipt, platform)
    ? ok(receipt)
    : refuse('receipt-other-hash');
}

function isGranted(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (!isPlain(value, 1)) return false;
  return utf8(canonical(value)).length <= GRANTED_BYTES_MAX;
}

/** What a driver found and what a receipt may hold: lists and objects of texts and integers. */
function isPlain(value: unknown, depth: number): value is Json {
  switch (typeof value) {
    case 'string':
      return textOutsideProfile(value) === null;
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0);
    case 'boolean':
      return true;
    case 'object':
      if (value === null || depth > GRANTED_DEPTH_MAX) return false;
      return Array.isArray(value)
        ? value.every((item) => isPlain(item, depth + 1))
        : Object.entries(value).every(
            // `__proto__` would be no entry of an object that is written again.
            ([key, item]) => key !== '__proto__' && isPlain(key, depth) && isPlain(item, depth + 1),
          );
    default:
      return false;
  }
}
