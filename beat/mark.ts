// Where a heartbeat stands among all of its subject: its incarnation, which rises with each start,
// then its sequence. And the short names by which packets mention members and records.
// Spec: docs/heartbeat.md, "Order".

import { assert } from '../proto/assert.ts';
import { fromBase64url, toBase64url } from '../proto/bytes.ts';
import { ID_BYTES, type Key, type RecordId } from '../proto/ids.ts';
import { BRIEF_BYTES } from './limits.ts';

export interface Mark {
  readonly incarnation: number;
  readonly sequence: number;
}

/** Before everything: no packet has it. */
export const NEVER: Mark = { incarnation: 0, sequence: 0 };

export function isNewer(one: Mark, than: Mark): boolean {
  if (one.incarnation !== than.incarnation) return one.incarnation > than.incarnation;
  return one.sequence > than.sequence;
}

/** The first half of a key or an id, as packets name it; base64url of 16 bytes. */
export type Brief = string;

export function briefOf(id: Key | RecordId): Brief {
  const bytes = fromBase64url(id);
  assert(bytes !== null && bytes.length === ID_BYTES, 'keys and ids are 32 bytes');
  return toBase64url(bytes.subarray(0, BRIEF_BYTES));
}
