// Records that wait for their `prev`: the only thing that holds a record back. Bounded in number,
// in size and by author, so that a peer can waste no more than that. Spec: docs/ledger.md,
// "Record".

import type { Key, RecordId } from '../proto/ids.ts';
import { PARKED_BYTES_MAX, PARKED_PER_AUTHOR_MAX, PARKED_RECORDS_MAX } from './limits.ts';
import type { Decoded } from './record.ts';

export interface Parking {
  readonly byPrev: Map<RecordId, Decoded[]>;
  readonly byAuthor: Map<Key, number>;
  records: number;
  sizeBytes: number;
}

export function emptyParking(): Parking {
  return { byPrev: new Map(), byAuthor: new Map(), records: 0, sizeBytes: 0 };
}

/** True where the record waits now (or did already); false where there is no room for it. */
export function park(parking: Parking, record: Decoded): boolean {
  const prev = record.prev as RecordId;
  const waiting = parking.byPrev.get(prev) ?? [];
  if (waiting.some((other) => other.id === record.id && other.sig === record.sig)) return true;
  const ofAuthor = parking.byAuthor.get(record.author) ?? 0;
  const full =
    parking.records >= PARKED_RECORDS_MAX ||
    parking.sizeBytes + record.line.length > PARKED_BYTES_MAX ||
    ofAuthor >= PARKED_PER_AUTHOR_MAX;
  if (full) return false;
  parking.byPrev.set(prev, [...waiting, record]);
  parking.byAuthor.set(record.author, ofAuthor + 1);
  parking.records++;
  parking.sizeBytes += record.line.length;
  return true;
}

/** Takes out the records that waited for this one. */
export function release(parking: Parking, id: RecordId): readonly Decoded[] {
  const waiting = parking.byPrev.get(id);
  if (waiting === undefined) return [];
  parking.byPrev.delete(id);
  for (const record of waiting) {
    parking.records--;
    parking.sizeBytes -= record.line.length;
    const left = (parking.byAuthor.get(record.author) ?? 1) - 1;
    if (left === 0) parking.byAuthor.delete(record.author);
    else parking.byAuthor.set(record.author, left);
  }
  return waiting;
}
