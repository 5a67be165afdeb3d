// The ledger as it comes to a new machine, page by page: put aside in a file, judged there from its
// genesis on, and only when it leads to the admission of this machine taken in, by the door that is
// open to every record. A page is judged while the next one comes (reading.ts).
// Spec: docs/pairing.md, "The admission".

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { RecordId } from '../../proto/ids.ts';
import { handOver } from '../home/hand-over.ts';
import { bringInto } from '../home/import.ts';
import { remembered } from '../store/remembered.ts';
import type { VerifyPool } from '../store/verify-pool.ts';
import { checksAhead } from './ahead.ts';
import { type Expected, leadsTo, readingOf } from './reading.ts';

export interface Delivery {
  /** Once the page before this one is judged: no more than two are in memory. */
  take(lines: Uint8Array): Promise<void>;
  /** True where the ledger was taken in and this machine is a member of it. */
  believe(expected: Expected): Promise<boolean>;
  /** Removes what was put aside. */
  drop(): void;
}

export function deliveryInto(folder: string, number: number, threads: VerifyPool): Delivery {
  const file = path.join(folder, `genesis-${number}.part`);
  rmSync(file, { force: true });
  let fd: number | null = openSync(file, 'wx', 0o600);
  // What is judged before it is believed is read again when it is taken in.
  const pool = remembered(threads);
  const reading = readingOf(file, pool);
  const ahead = checksAhead(folder);
  let judging: Promise<void> = Promise.resolve();
  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  const bring = async (ledger: RecordId): Promise<boolean> => {
    const brought = await bringInto(folder, file, { ledger, pool });
    return brought.ok && brought.value === ledger;
  };
  return {
    async take(lines) {
      for (let at = 0; at < lines.length; ) at += writeSync(fd as number, lines, at);
      ahead(lines);
      await judging;
      judging = reading.more();
    },
    async believe(expected) {
      fsyncSync(fd as number);
      close();
      await judging;
      const { network } = expected;
      if (reading.leadsTo(expected)) return (await handOver(folder, file)) || bring(network);
      // A ledger in another order, or beside strangers' records, is judged as a whole.
      return (await leadsTo(file, expected, pool)) && bring(network);
    },
    drop() {
      close();
      void judging.then(reading.close);
      rmSync(file, { force: true });
    },
  };
}
