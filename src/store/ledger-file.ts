// nodes.jsonl itself: its descriptor, how much of it is acknowledged, and the running hash of that.
// Everything past `bytes` is nobody's yet and may be cut off; nothing before it ever is.

import type { Hash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { writeWhole } from './disk.ts';
import { StoreFault, systemCode } from './faults.ts';
import { LINES_READ_BYTES, TORN_TAIL_BYTES_MAX } from './limits.ts';
import { digestSoFar, hashPrefix } from './prefix.ts';

export interface LedgerFile {
  readonly disk: Disk;
  readonly path: string;
  /** Another one after a failed sync: read it anew each time. */
  file: DiskFile;
  bytes: number;
  /** Lines up to there, once they were replayed. */
  lines: number;
  hash: Hash;
}

/** Opens the file to append to it, making it where there is none. */
export async function openToAppend(disk: Disk, path: string): Promise<DiskFile> {
  const isNew = !disk.exists(path);
  const file = disk.open(path, 'append');
  if (isNew) {
    await file.sync();
    await disk.syncFolder(dirname(path));
  }
  return file;
}

/** Where the last whole line ends: behind the last newline, 0 where there is none. */
export function wholeBytes(file: DiskFile): number {
  const buffer = Buffer.allocUnsafe(LINES_READ_BYTES);
  let end = file.size();
  while (end > 0) {
    const from = Math.max(0, end - buffer.length);
    const got = file.readAt(buffer.subarray(0, end - from), from);
    const newline = buffer.subarray(0, got).lastIndexOf(0x0a);
    if (newline !== -1) return from + newline + 1;
    end = from;
  }
  return 0;
}

/**
 * Removes a torn tail, which `putAside` has copied before. A tail longer than any write of ours was
 * not torn by us: it is closed with a newline and judged like any other line.
 */
export async function mendTail(
  file: DiskFile,
  putAside: (offset: number, length: number) => Promise<void>,
): Promise<number> {
  const whole = wholeBytes(file);
  const torn = file.size() - whole;
  if (torn === 0) return 0;
  if (torn > TORN_TAIL_BYTES_MAX) {
    writeWhole((rest) => file.append(rest), Uint8Array.of(0x0a));
  } else {
    await putAside(whole, torn);
    file.truncate(whole);
  }
  await file.sync();
  return torn;
}

/**
 * After a failed write or sync: the old descriptor is given up, since the system reports a lost
 * page to it once and then calls it clean. What was acknowledged is compared with the disk byte for
 * byte, and what was not is cut off. Throws the fault that ends writing where that cannot be done.
 */
export async function takeBack(ledger: LedgerFile): Promise<void> {
  try {
    ledger.file.close();
  } catch {
    // A close may report the same failure once more; the descriptor is gone either way.
  }
  try {
    ledger.file = ledger.disk.open(ledger.path, 'append');
    const { file, bytes } = ledger;
    if (file.size() < bytes) throw new StoreFault('content-changed', 'it is shorter');
    const { marks } = await hashPrefix(file, bytes, []);
    if (marks.get(bytes) !== digestSoFar(ledger.hash)) throw new StoreFault('content-changed');
    file.truncate(bytes);
    await file.sync();
  } catch (error) {
    if (error instanceof StoreFault) throw error;
    throw new StoreFault('sync-failed', systemCode(error), error);
  }
}
