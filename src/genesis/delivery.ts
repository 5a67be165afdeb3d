// The ledger as it comes to a new machine, page by page: put aside in a file, judged there from its
// genesis on, and only when it leads to the admission of this machine taken in, by the door that is
// open to every record. A page is judged while the next ones come (reading.ts).
// Spec: docs/pairing.md, "The admission".

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as afterTurn } from 'node:timers/promises';
import type { RecordId } from '../../proto/ids.ts';
import { handOver } from '../home/hand-over.ts';
import { bringInto } from '../home/import.ts';
import type { Check } from '../home/intake.ts';
import { remembered } from '../store/remembered.ts';
import type { VerifyPool } from '../store/verify-pool.ts';
import { checksAhead } from './ahead.ts';
import { PAGES_AT_ONCE_MAX } from './limits.ts';
import { type Expected, leadsTo, readingOf } from './reading.ts';

export interface Delivery {
  /** Once so many of them wait to be judged, when the first one is. */
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
  let vouched: Promise<boolean> = Promise.resolve(false);
  const check: Check = async (jobs) => ((await vouched) ? jobs.map(() => true) : pool.verify(jobs));
  const reading = readingOf(file, check);
  const ahead = checksAhead(folder);
  /** Pages that are being judged or wait for it, the last one at the end. */
  const pages: Promise<void>[] = [];
  const judged = (): Promise<void> => pages.at(-1) ?? Promise.resolve();
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
      const vouching = ahead(lines);
      // One after the other, as the judge reads all that is in the file; and when the daemon has
      // got the lines, since this process is busy with them from there on.
      const page = Promise.all([judged(), afterTurn()]).then(() => {
        vouched = vouching;
        for (let at = 0; at < lines.length; ) at += writeSync(fd as number, lines, at);
        return reading.more();
      });
      // Whoever waits for it hears of it; it may be nobody yet.
      page.catch(() => undefined);
      pages.push(page);
      if (pages.length > PAGES_AT_ONCE_MAX) await pages.shift();
    },
    async believe(expected) {
      await judged();
      fsyncSync(fd as number);
      close();
      const { network } = expected;
      if (reading.leadsTo(expected)) return (await handOver(folder, file)) || bring(network);
      // A ledger in another order, or beside strangers' records, is judged as a whole.
      return (await leadsTo(file, expected, pool.verify)) && bring(network);
    },
    drop() {
      const ended = judged().catch(() => undefined);
      void ended.then(close).then(reading.close);
      rmSync(file, { force: true });
    },
  };
}
