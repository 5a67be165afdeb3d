// Signatures checked ahead in a daemon without a ledger: while the ledger of its network comes to
// the process of a ceremony page by page, the same lines are shown here, so that they are known
// when it hands them in. Nothing is taken in by this; the verdict on a signature depends on its
// line alone. Spec: docs/daemon.md, "The local API".

import { signatureJobs } from '../../ledger/proof.ts';
import { decodeText } from '../../ledger/record.ts';
import { nodePlatform } from '../platform.ts';
import { remembered } from '../store/remembered.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';

export interface Ahead {
  /** Answers on how many of these lines there is a signature to know. */
  check(lines: readonly string[]): Promise<number>;
  /** With what it has checked; the ledger that is founded goes on with it. */
  readonly pool: VerifyPool;
  /** Once the ledger is here. */
  forget(): void;
  close(): Promise<void>;
}

export function createAhead(): Ahead {
  const threads = verifyPool();
  const pool = remembered(threads);
  return {
    async check(lines) {
      const records = lines.flatMap((line) => {
        const decoded = decodeText(line, nodePlatform);
        return decoded.ok ? [decoded.value] : [];
      });
      await pool.verify(records.flatMap(signatureJobs));
      return records.length;
    },
    pool,
    forget: pool.forget,
    close: threads.close,
  };
}
