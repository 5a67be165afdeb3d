// A file read as lines, a bounded batch at a time: from one place to another, or line by line at
// places known before. The bytes of a batch may be views into a buffer that the next overwrites.

import { type Scan, type ScannedLine, scanChunk, startScan } from '../../ledger/scan.ts';
import type { DiskFile } from '../store/disk.ts';
import { LINES_AT_ONCE_MAX, LINES_READ_BYTES } from '../store/limits.ts';

const NEWLINE = 0x0a;

/** Where a line stands. */
export interface Span {
  readonly line: number;
  readonly offset: number;
  /** Newline excluded. */
  readonly length: number;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** The number of the line that starts at `from`. */
  readonly line: number;
}

export interface Chunk {
  readonly lines: readonly ScannedLine[];
  /** Where the read has come to. */
  readonly at: number;
  readonly scan: Scan;
}

export function* lineChunks(file: DiskFile, { from, to, line }: Stretch): Generator<Chunk> {
  const scan = startScan(from, line);
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(LINES_READ_BYTES, to - from)));
  let at = from;
  while (at < to) {
    const got = file.readAt(buffer.subarray(0, Math.min(buffer.length, to - at)), at);
    if (got === 0) return;
    for (const part of partsOf(buffer.subarray(0, got))) {
      at += part.length;
      yield { lines: scanChunk(scan, part), at, scan };
    }
  }
}

/** Cut after so many lines: a line of one byte costs as much memory as any other. */
function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  let lines = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
    if (++lines < LINES_AT_ONCE_MAX) continue;
    yield bytes.subarray(from, end + 1);
    [from, lines] = [end + 1, 0];
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

/** Lines wherever they stand, some `sizeBytes` of them at a time. */
export function* spanChunks(
  file: DiskFile,
  spans: readonly Span[],
  sizeBytes: number,
): Generator<ScannedLine[]> {
  let lines: ScannedLine[] = [];
  let held = 0;
  for (const { line, offset, length } of spans) {
    const bytes = new Uint8Array(length);
    file.readAt(bytes, offset);
    lines.push({ number: line, offset, length, bytes });
    held += length;
    if (held < sizeBytes) continue;
    yield lines;
    [lines, held] = [[], 0];
  }
  if (lines.length > 0) yield lines;
}
