// Signatures checked ahead in a daemon without a ledger: while the ledger of its network comes to
// the process of a ceremony page by page, the same lines are shown here, so that they are known
// when it hands them in. Nothing is taken in by this; the verdict on a signature depends on its
// line alone. Spec: docs/daemon.md, "The local API".

import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import { decodeText } from '../../ledger/record.ts';
import { nodePlatform } from '../platform.ts';
import { remembered } from '../store/remembered.ts';
import { REMEMBERED_LINES_MAX } from '../store/limits.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';

export interface Ahead {
  /** Answers how many of these lines are records with good signatures. */
  check(lines: readonly string[]): Promise<number>;
  /** A line as it was read for its check, or is read now. */
  decoded(line: string): ReturnType<typeof decodeText>;
  /** With what it has checked; the ledger that is founded goes on with it. */
  readonly pool: VerifyPool;
  /** Once the ledger is here. */
  forget(): void;
  close(): Promise<void>;
}

export function createAhead(): Ahead {
  const threads = verifyPool();
  const pool = remembered(threads);
  const known = new Map<string, ReturnType<typeof decodeText>>();
  const decoded: Ahead['decoded'] = (line) => known.get(line) ?? decodeText(line, nodePlatform);
  return {
    async check(lines) {
      // A whole ledger comes behind the first of them, and somebody waits for it.
      threads.start();
      const records = lines.flatMap((line) => {
        const record = decoded(line);
        if (!record.ok) return [];
        if (known.size < REMEMBERED_LINES_MAX) known.set(line, record);
        return [record.value];
      });
      const jobs = records.map(signatureJobs);
      const verdicts = await pool.verify(jobs.flat());
      let at = 0;
      const isGood = (own: readonly SignatureJob[]): boolean =>
        verdicts.slice(at, (at += own.length)).every((good) => good);
      return jobs.filter(isGood).length;
    },
    decoded,
    pool,
    forget() {
      known.clear();
      pool.forget();
    },
    close: threads.close,
  };
}
