// Where a heartbeat stands among all of its subject: its incarnation, which rises with each start,
// then its sequence. And the short names by which packets mention members and records.
// Spec: docs/heartbeat.md, "Order".

import type { Key, RecordId } from '../proto/ids.ts';
import { BRIEF_CHARS } from './limits.ts';

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

/** The beginning of a key or an id, as packets name it: base64url of 15 bytes. */
export type Brief = string;

export function briefOf(id: Key | RecordId): Brief {
  return id.slice(0, BRIEF_CHARS);
}
