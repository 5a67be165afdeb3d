// The last step before a record may be stored: its signatures. A `Verified` record can be made here
// only; the store and the fold take nothing else, whoever wrote the record and however it came.
// Spec: docs/ledger.md, "One verdict".

import type { RecordId } from '../proto/ids.ts';
import { signatureCount } from './proof.ts';
import type { Decoded } from './record.ts';

declare const verified: unique symbol;
/** A record whose every signature was checked, and whose place in its chain was found. */
export type Verified = Decoded & { readonly [verified]: true };

export interface Accepted {
  readonly records: readonly Verified[];
  readonly refused: readonly { record: Decoded; code: 'bad-signature' | 'bad-proof' }[];
  /** Copies of a record in `records` under another good signature: they change nothing. */
  readonly copies: readonly Decoded[];
  /** Sound themselves, but linked to one that was refused: its true signature may still come. */
  readonly orphaned: readonly Decoded[];
}

/** Parts what the door let pass by the verdicts on its signatures (proof.ts), in the same order. */
export function accept(passed: readonly Decoded[], verdicts: readonly boolean[]): Accepted {
  const records: Verified[] = [];
  const refused: { record: Decoded; code: 'bad-signature' | 'bad-proof' }[] = [];
  const copies: Decoded[] = [];
  const orphaned: Decoded[] = [];
  const lost = new Set<RecordId>();
  const taken = new Set<RecordId>();
  let at = 0;
  for (const record of passed) {
    const count = signatureCount(record);
    const own = verdicts[at] === true;
    // A verdict that is not there is no yes.
    let proofs = true;
    for (let i = 1; i < count; i++) proofs &&= verdicts[at + i] === true;
    at += count;
    if (own && proofs && taken.has(record.id)) {
      copies.push(record);
      continue;
    }
    if (!own || !proofs) refused.push({ record, code: own ? 'bad-proof' : 'bad-signature' });
    else if (record.prev !== '' && lost.has(record.prev)) orphaned.push(record);
    else {
      records.push(record as Verified);
      taken.add(record.id);
      lost.delete(record.id);
      continue;
    }
    if (!taken.has(record.id)) lost.add(record.id);
  }
  return { records, refused, copies, orphaned };
}

/** A line of our own file inside the verified prefix, checked by this node when it was stored. */
export function trustOwn(record: Decoded): Verified {
  return record as Verified;
}
