// Signature checks begun before the door was asked. The verdict on a signature depends on the line
// alone, so while one batch of a file is folded here, the threads work on the next one already. For
// files only: what a peer sends pays the door first (docs/ledger.md, "Ingest").

import type { Decoded } from '../../ledger/record.ts';
import { signatureCount, signatureJobs } from '../../ledger/proof.ts';
import type { Check } from './intake.ts';
import { EARLY_BATCHES_MAX } from './limits.ts';

export interface EarlyChecks {
  begin(records: readonly Decoded[]): void;
  /** The verdicts on all these, in their order; what was not begun is checked now. */
  verdictsOf(records: readonly Decoded[]): Promise<readonly boolean[]>;
}

interface Begun {
  /** Of the whole batch; this record's first one stands at `from`. */
  readonly verdicts: Promise<readonly boolean[]>;
  readonly from: number;
}

export function earlyChecks(check: Check): EarlyChecks {
  const begun = new WeakMap<Decoded, Begun>();
  let running = 0;
  return {
    begin(records) {
      if (running >= EARLY_BATCHES_MAX) return;
      running++;
      const verdicts = check(records.flatMap(signatureJobs));
      const end = (): void => void running--;
      // Where nobody asks for them, nobody misses them either.
      verdicts.then(end, end);
      let from = 0;
      for (const record of records) {
        begun.set(record, { verdicts, from });
        from += signatureCount(record);
      }
    },
    async verdictsOf(records) {
      const late = records.filter((record) => !begun.has(record));
      const lateOnes = late.length === 0 ? [] : await check(late.flatMap(signatureJobs));
      const verdicts: boolean[] = [];
      let lateAt = 0;
      let batch: Begun['verdicts'] | null = null;
      let ofBatch: readonly boolean[] = [];
      for (const record of records) {
        const count = signatureCount(record);
        const early = begun.get(record);
        if (early === undefined) {
          verdicts.push(...lateOnes.slice(lateAt, lateAt + count));
          lateAt += count;
          continue;
        }
        if (early.verdicts !== batch) {
          batch = early.verdicts;
          ofBatch = await batch;
        }
        for (let i = 0; i < count; i++) verdicts.push(ofBatch[early.from + i] === true);
      }
      return verdicts;
    },
  };
}
