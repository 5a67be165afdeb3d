// The held records in the order of the file, from an offset on: what is pushed past a peer's
// cursor. Rot, strangers and second copies of a line are passed over.

import { textOf } from '../../proto/bytes.ts';
import type { Platform } from '../../proto/platform.ts';
import { decodeHeld } from '../../ledger/record.ts';
import { lineChunks } from '../lines/line-chunks.ts';
import type { Index } from './index.ts';
import type { LedgerFile } from './ledger-file.ts';
import type { HeldLine } from './store.ts';

export function* heldLines(
  ledger: LedgerFile,
  index: Index,
  platform: Platform,
  offset: number,
): Generator<readonly HeldLine[]> {
  // Read from one byte earlier, so that a cursor in the middle of a line ends with that line.
  const from = Math.max(0, offset - 1);
  const chunks = lineChunks(ledger.file, { from, to: ledger.bytes, line: 1 });
  for (const { lines } of chunks) {
    const held: HeldLine[] = [];
    for (const { number, offset: start, length, bytes } of lines) {
      if (bytes === null || (number === 1 && offset > 0)) continue;
      const line = heldLine(index, platform, start, bytes);
      if (line !== null) held.push({ ...line, line: number, next: start + length + 1 });
    }
    yield held;
  }
}

function heldLine(
  index: Index,
  platform: Platform,
  offset: number,
  bytes: Uint8Array,
): Omit<HeldLine, 'line' | 'next'> | null {
  const text = textOf(bytes);
  if (text === null) return null;
  try {
    const record = decodeHeld(text, platform);
    const places = index.placesAt(record.author, record.seq);
    const isHere = places.some((place) => place.id === record.id && place.offset === offset);
    return isHere ? { offset, record } : null;
  } catch {
    // Rot: no JSON, or JSON that is no record.
    return null;
  }
}
