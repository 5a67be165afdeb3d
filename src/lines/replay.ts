// Reading a file of records through a judge, in rounds. A line may come before the line that it
// needs (a merge, an import, a chain refetched after rot), so what is refused for want of another
// record is shown again, sorted by seq, for as long as a round takes something in.

import type { Decoded } from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';

/** A well-formed record and where it stands. Lines that are none never reach the judge. */
export interface PlacedRecord {
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly record: Decoded;
}

/** What became of a batch. A record that is in neither list waits inside the judge (parked). */
export interface Judgement {
  /** Records verified now, of this batch or parked before, in an order that keeps every link. */
  readonly held: readonly Decoded[];
  readonly refused: readonly {
    readonly record: Decoded;
    readonly code: RefusalCode;
    readonly detail: string;
  }[];
}

export interface RefusedLine {
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly code: RefusalCode;
  readonly detail: string;
}

export interface Progress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly records: number;
}

export interface ReplayHooks {
  /** Called with one batch at a time; the next one is decoded while it works. */
  readonly judge: (batch: readonly PlacedRecord[]) => Promise<Judgement>;
  readonly progress?: (progress: Progress) => void;
  /** The final word on a line that is not held; once per line. */
  readonly refused?: (line: RefusedLine) => void;
}

export interface ReplayTotals {
  readonly lines: number;
  readonly held: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Records that wait for one that is not in the file. */
  readonly pending: number;
}
