// When the index is written: behind the appends, in batches, when it has been quiet for a while,
// and at the end. Appends never wait for it, unless it falls so far behind that memory would fill.

import { StoreFault, systemCode } from './faults.ts';
import type { Covered, Index } from './index.ts';
import type { LedgerFile } from './ledger-file.ts';
import { INDEX_BATCH_RECORDS, INDEX_IDLE_MS, INDEX_WAITING_RECORDS_MAX } from './limits.ts';
import { digestSoFar } from './prefix.ts';

export interface IndexKeeper {
  /** After a group was stored. Names the fault where the index cannot follow any more. */
  stored(): Promise<StoreFault | null>;
  /** After a batch of a replay. Throws where the index cannot follow. */
  replayed(): Promise<void>;
  /** From here on the index speaks of everything up to the end of the file. */
  replayEnded(): void;
  flush(durable: boolean): Promise<void>;
  stop(): void;
}

export function indexKeeper(
  ledger: LedgerFile,
  index: Index,
  after: (ms: number, work: () => void) => () => void,
): IndexKeeper {
  let isReplaying = true;
  let running: Promise<StoreFault | null> | null = null;
  let cancel = (): void => undefined;

  const covered = (): Covered | null =>
    isReplaying ? null : { bytes: ledger.bytes, sha256: digestSoFar(ledger.hash) };
  const faultOf = (error: unknown): StoreFault =>
    new StoreFault('index-failed', systemCode(error), error);
  // One at a time; what fails is tried again with the next batch, since nothing of it is lost.
  const flushBehind = (): Promise<StoreFault | null> => {
    running ??= index
      .flush(covered, false)
      .then(() => null, faultOf)
      .finally(() => {
        running = null;
      });
    return running;
  };
  const flushWhenIdle = (): void => {
    cancel();
    cancel = after(INDEX_IDLE_MS, () => void flushBehind());
  };
  return {
    async stored() {
      flushWhenIdle();
      if (index.waiting < INDEX_BATCH_RECORDS) return null;
      const flushing = flushBehind();
      return index.waiting < INDEX_WAITING_RECORDS_MAX ? null : flushing;
    },
    async replayed() {
      if (index.waiting < INDEX_BATCH_RECORDS) return;
      const fault = await flushBehind();
      if (fault !== null) throw fault;
    },
    replayEnded() {
      isReplaying = false;
      flushWhenIdle();
    },
    async flush(durable) {
      try {
        await index.flush(covered, durable);
      } catch (error) {
        throw faultOf(error);
      }
    },
    stop: () => cancel(),
  };
}
