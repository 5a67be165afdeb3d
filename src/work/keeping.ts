// What a host stores, kept before it is said: the entries of a step are on the disk before `stored`
// comes back in, so that nothing is answered or started before. Where little of the journal still
// counts it is written anew. Spec: docs/running.md, "The shell".

import { snapshotOf } from '../../work/host-recovery.ts';
import type { Effect, Host, Input } from '../../work/host-state.ts';
import type { Tell } from '../daemon/events.ts';
import type { WorkJournal } from './journal.ts';

export interface KeepingParts {
  readonly journal: WorkJournal;
  readonly host: () => Host;
  readonly input: (input: Input) => void;
  readonly tell: Tell;
}

export interface Keeping {
  /** Of what one step asks for. Says `stored` or `unstored` later. */
  store(out: readonly Effect[]): void;
  /** Resolves when nothing is on its way. */
  close(): Promise<void>;
}

interface Own {
  readonly parts: KeepingParts;
  isClosed: boolean;
  /** Counts failures of the journal: what was on its way before one says nothing afterwards. */
  epoch: number;
  isRewriting: boolean;
  /** Of the journal, as it was last written down, and some more. */
  liveBytes: number;
}

export function createKeeping(parts: KeepingParts): Keeping {
  const own: Own = { parts, isClosed: false, epoch: 0, isRewriting: false, liveBytes: 0 };
  return {
    store: (out) => store(own, out),
    async close() {
      own.isClosed = true;
      await parts.journal.close();
    },
  };
}

/** The entries of one step are one write, and share their sync with those of others. */
function store(own: Own, out: readonly Effect[]): void {
  const { journal, input, tell } = own.parts;
  const stores = out.filter((effect) => effect.do === 'store');
  const [first, last] = [stores[0], stores.at(-1)];
  if (first === undefined || last === undefined) return;
  const { epoch } = own;
  journal.append(stores.map(({ entry }) => JSON.stringify(entry))).then(
    () => {
      if (own.epoch !== epoch) return;
      input({ is: 'stored', upTo: last.seq });
      rewriteWhereLong(own);
    },
    (error: Error) => {
      if (own.epoch !== epoch) return;
      own.epoch += 1;
      tell({ event: 'failed', what: 'the journal of work', why: error.message });
      input({ is: 'unstored', from: first.seq });
    },
  );
}

function rewriteWhereLong(own: Own): void {
  const { journal, host, tell } = own.parts;
  // Writing down what counts takes as long as many admissions: not before there may be enough else.
  if (own.isRewriting || own.isClosed || !journal.isLong(own.liveBytes)) return;
  const texts = snapshotOf(host()).map((entry) => JSON.stringify(entry));
  const liveBytes = texts.reduce((sum, text) => sum + text.length, 0);
  // It may grow as the journal does, and is not to be counted again with each entry.
  own.liveBytes = liveBytes + liveBytes / 8;
  if (!journal.isLong(liveBytes)) return;
  own.isRewriting = true;
  journal
    .replace(texts)
    .catch((error: Error) =>
      tell({ event: 'failed', what: 'writing the journal of work anew', why: error.message }),
    )
    .finally(() => {
      own.isRewriting = false;
    });
}
