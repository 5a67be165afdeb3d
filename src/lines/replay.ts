// Reading a file of records through a judge, in rounds. A line may come before the line that it
// needs (a merge, an import, a chain refetched after rot), so what is refused for want of another
// record is shown again, sorted by seq, for as long as a round takes something in.

import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import type { Platform } from '../../proto/platform.ts';
import { refuse } from '../../proto/result.ts';
import { type Decoded, decodeBytes } from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { type ScannedLine, isDamage, tornTail } from '../../ledger/scan.ts';
import type { Verified } from '../../ledger/verify.ts';
import type { DiskFile } from '../store/disk.ts';
import { LINES_READ_BYTES } from '../store/limits.ts';
import {
  type Deferred,
  type DeferredLine,
  defer,
  emptyDeferred,
  noteNamed,
  takeAll,
  takeNamed,
} from './deferred.ts';
import { type Span, type Stretch, lineChunks, spanChunks } from './line-chunks.ts';

/** A well-formed record and where it stands. Lines that are none never reach the judge. */
export interface PlacedRecord extends Span {
  readonly record: Decoded;
}

/**
 * What became of a batch. A record that is in none of the lists waits inside the judge (parked).
 */
export interface Judgement {
  /** Records verified now, of this batch or parked before, in an order that keeps every link. */
  readonly held: readonly Verified[];
  readonly duplicates: readonly Decoded[];
  readonly refused: readonly {
    readonly record: Decoded;
    readonly code: RefusalCode;
    readonly detail?: string;
  }[];
}

export interface RefusedLine extends Span {
  readonly code: RefusalCode;
  readonly detail: string;
}

export interface PendingLine extends Span {
  readonly id: RecordId;
}

export interface Progress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly records: number;
}

export interface ReplayHooks {
  /**
   * Called with a batch as soon as it is decoded, while the one before it is judged: what does not
   * depend on the others can begin. Left out where the file turns out to be mostly refused or held.
   */
  readonly ahead?: (batch: readonly PlacedRecord[]) => void;
  /** Called with one batch at a time; the next one is decoded while it works. */
  readonly judge: (batch: readonly PlacedRecord[]) => Promise<Judgement>;
  /**
   * The records judged held are on the shelf by now: fold them (or store them, for an import).
   * Answers the parked records that can be judged now: they are, before the next batch.
   */
  readonly apply: (held: readonly Verified[]) => Released | Promise<Released>;
  readonly progress?: (progress: Progress) => void;
  /** The final word on a line that is not held, once per line, in no particular order. */
  readonly refused?: (line: RefusedLine) => void;
}
export type Released = readonly Decoded[];

export interface ReplayTotals {
  readonly lines: number;
  readonly held: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Records that wait for one that is not in the file. */
  readonly pending: readonly PendingLine[];
}

export interface ReplaySource {
  readonly file: DiskFile;
  readonly stretch: Stretch;
  /** Lines before the stretch that were not held when it was reached. */
  readonly leftovers?: readonly Span[];
  /** Whether bytes after the last newline are a line: in a file that somebody hands us they are. */
  readonly takesTail: boolean;
  readonly platform: Platform;
}

/** What the store does beside the hooks. */
export interface Keeper {
  readonly keep?: (record: Verified, span: Span) => void;
  /** A line that is no record of anybody: rot, in a file of ours. */
  readonly damaged?: (line: RefusedLine) => void;
  /** A whole record that has no place here, or not yet. */
  readonly left?: (span: Span) => void;
  /** After each batch, when everything in it is decided. */
  readonly settled?: () => Promise<void>;
}

interface Batch {
  readonly records: PlacedRecord[];
  readonly bytesDone: number;
}

/** One line with a record. The id does not cover the signature, so that another line with the same
 * id may be the good one where this one's signature rotted. */
interface Copy {
  readonly sig: Signature;
  readonly span: Span;
}

/** One replay on its way: what it has seen and not yet decided. */
interface Run {
  readonly source: ReplaySource;
  readonly hooks: ReplayHooks;
  readonly keeper: Keeper;
  /** Shown to the judge and neither held nor refused: parked there, and so bounded there. */
  readonly waiting: Map<RecordId, Copy[]>;
  readonly deferred: Deferred;
  lines: number;
  held: number;
  duplicates: number;
  refused: number;
}

export async function replayLines(
  source: ReplaySource,
  hooks: ReplayHooks,
  keeper: Keeper = {},
): Promise<ReplayTotals> {
  const counts = { lines: 0, held: 0, duplicates: 0, refused: 0 };
  const deferred = emptyDeferred();
  const run: Run = { source, hooks, keeper, waiting: new Map(), deferred, ...counts };
  await playRound(run, firstRound(run));
  // A round that takes nothing in would go on for ever; each other one leaves less to show.
  for (let before = -1; deferred.count > 0 && run.held > before; ) {
    before = run.held;
    await playRound(run, laterRound(run, takeAll(deferred)));
  }
  for (const line of takeAll(deferred)) refuseFinally(run, { ...line, detail: '' });
  const pending = [...run.waiting].flatMap(([id, copies]) =>
    copies.map(({ span }) => ({ id, ...span })),
  );
  for (const { line, offset, length } of pending) keeper.left?.({ line, offset, length });
  const { lines, held, duplicates, refused } = run;
  return { lines, held, duplicates, refused, pending };
}

async function playRound(run: Run, batches: Iterator<Batch>): Promise<void> {
  let next = batches.next();
  let isWorthIt = true;
  while (next.done !== true) {
    const { records, bytesDone } = next.value;
    const shown = awaitVerdict(run, records);
    const judging = run.hooks.judge(shown);
    next = batches.next();
    if (next.done !== true && isWorthIt) run.hooks.ahead?.(next.value.records);
    const judgement = await judging;
    isWorthIt = judgement.refused.length + judgement.duplicates.length < shown.length / 2;
    await settleAll(run, judgement);
    // Whom this batch made known speaks before the next one, or that would be refused too.
    for (let named = takeNamed(run.deferred); named.length > 0; named = takeNamed(run.deferred)) {
      for (const batch of laterRound(run, named)) {
        await settleAll(run, await run.hooks.judge(awaitVerdict(run, batch.records)));
        await run.keeper.settled?.();
        await breathe();
      }
    }
    const { to } = run.source.stretch;
    run.hooks.progress?.({ bytesDone, bytesTotal: to, records: run.held });
    await run.keeper.settled?.();
    await breathe();
  }
}

/** Signals and timers get their turn between two batches, however fast the judge is. */
async function breathe(): Promise<void> {
  await new Promise(setImmediate);
}

/** Books a judgement, and then those on what that released, until nothing more follows. */
async function settleAll(run: Run, judgement: Judgement): Promise<void> {
  let again = await settle(run, judgement);
  while (again.length > 0) {
    for (const placed of again) noteWaiting(run, placed);
    again = await settle(run, await run.hooks.judge(again));
  }
}

/** Notes where each record stands; a second line that waits with the same bytes is a duplicate. */
function awaitVerdict(run: Run, records: readonly PlacedRecord[]): PlacedRecord[] {
  return records.filter((placed) => {
    const isNew = noteWaiting(run, placed);
    if (!isNew) run.duplicates++;
    return isNew;
  });
}

function noteWaiting({ waiting }: Run, { record, line, offset, length }: PlacedRecord): boolean {
  const copy: Copy = { sig: record.sig, span: { line, offset, length } };
  const others = waiting.get(record.id);
  if (others === undefined) waiting.set(record.id, [copy]);
  else if (others.some(({ sig }) => sig === record.sig)) return false;
  else others.push(copy);
  return true;
}

function spanOf({ waiting }: Run, record: Decoded): Span | undefined {
  return waiting.get(record.id)?.find(({ sig }) => sig === record.sig)?.span;
}

/** Where the record stands; it waits no longer. */
function takeWaiting(run: Run, record: Decoded): Span | undefined {
  const span = spanOf(run, record);
  const others = run.waiting.get(record.id)?.filter((copy) => copy.span !== span) ?? [];
  if (others.length === 0) run.waiting.delete(record.id);
  else run.waiting.set(record.id, others);
  return span;
}

/** Books a judgement. Answers what can be judged again now. */
async function settle(run: Run, judgement: Judgement): Promise<PlacedRecord[]> {
  for (const record of judgement.duplicates) {
    if (takeWaiting(run, record) !== undefined) run.duplicates++;
  }
  for (const { record, code, detail = '' } of judgement.refused) {
    const span = takeWaiting(run, record);
    if (span === undefined) continue;
    if (isDamage(code)) refuseFinally(run, { ...span, code, detail });
    else putOff(run, record.author, { ...span, code, seq: record.seq });
  }
  for (const record of judgement.held) {
    noteNamed(run.deferred, record.act);
    const span = takeWaiting(run, record);
    if (span === undefined) continue;
    run.held++;
    run.keeper.keep?.(record, span);
  }
  const released = await run.hooks.apply(judgement.held);
  const retry: PlacedRecord[] = [];
  for (const record of released) {
    const span = spanOf(run, record);
    if (span !== undefined) retry.push({ ...span, record });
  }
  return retry;
}

function putOff(run: Run, author: Key, line: DeferredLine): void {
  if (defer(run.deferred, author, line)) return;
  refuseFinally(run, { ...line, detail: 'too many lines wait for others: read it again' });
}

function refuseFinally(run: Run, { line, offset, length, code, detail }: RefusedLine): void {
  run.refused++;
  const refused = { line, offset, length, code, detail };
  if (isDamage(code)) run.keeper.damaged?.(refused);
  else run.keeper.left?.({ line, offset, length });
  run.hooks.refused?.(refused);
}

function* firstRound(run: Run): Generator<Batch> {
  const { file, stretch, takesTail, leftovers = [] } = run.source;
  yield* laterRound(run, leftovers);
  let last: ScannedLine | null = null;
  for (const chunk of lineChunks(file, stretch)) {
    run.lines += chunk.lines.length;
    yield { records: wellFormed(run, chunk.lines), bytesDone: chunk.at };
    last = tornTail(chunk.scan);
  }
  if (last === null || !takesTail) return;
  run.lines++;
  yield { records: wellFormed(run, [last]), bytesDone: stretch.to };
}

function* laterRound(run: Run, spans: readonly Span[]): Generator<Batch> {
  for (const lines of spanChunks(run.source.file, spans, LINES_READ_BYTES)) {
    yield { records: wellFormed(run, lines), bytesDone: run.source.stretch.to };
  }
}

function wellFormed(run: Run, lines: readonly ScannedLine[]): PlacedRecord[] {
  const records: PlacedRecord[] = [];
  for (const { number, offset, length, bytes } of lines) {
    const decoded =
      bytes === null
        ? refuse<RefusalCode>('too-long', `${length} bytes`)
        : decodeBytes(bytes, run.source.platform);
    if (decoded.ok) records.push({ line: number, offset, length, record: decoded.value });
    else refuseFinally(run, { line: number, offset, length, ...decoded });
  }
  return records;
}
