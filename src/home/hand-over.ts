// A file of records that this process has judged and found in order, given to the daemon of a
// folder without a ledger: line by line as it stands, by the door of all records, which founds on
// its genesis. The daemon's word for it counts for nothing: its file has to begin with these bytes.

import { existsSync } from 'node:fs';
import { textOf } from '../../proto/bytes.ts';
import { askDaemon, readyDaemon } from '../daemon/client.ts';
import { REQUEST_LINES_BYTES, REQUEST_LINES_MAX } from '../daemon/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { lineChunks } from '../lines/line-chunks.ts';
import { type DiskFile, realDisk } from '../store/disk.ts';
import { HASH_READ_BYTES } from '../store/limits.ts';
import { pathsIn } from '../store/opening.ts';

/** True where all of the file is in the ledger of the folder; else nothing is known, nor lost. */
export async function handOver(folder: string, path: string): Promise<boolean> {
  const { ledger } = pathsIn(folder);
  if (existsSync(ledger) || (await readyDaemon(folder)) === null) return false;
  const file = realDisk.open(path, 'read');
  try {
    for (const lines of batchesIn(file)) {
      await askDaemon(folder, 'records', { lines, own: false });
    }
    return existsSync(ledger) && beginsAs(ledger, file);
  } catch (error) {
    // It holds what it has taken; whoever brings the rest says what is in the way.
    if (error instanceof DaemonFault) return false;
    throw error;
  } finally {
    file.close();
  }
}

function* batchesIn(file: DiskFile): Generator<readonly string[]> {
  let batch: string[] = [];
  let sizeBytes = 0;
  for (const { lines } of lineChunks(file, { from: 0, to: file.size(), line: 1 })) {
    for (const { bytes, length } of lines) {
      const text = bytes === null ? null : textOf(bytes);
      if (text === null) continue;
      if (batch.length === REQUEST_LINES_MAX || sizeBytes + length > REQUEST_LINES_BYTES) {
        yield batch;
        [batch, sizeBytes] = [[], 0];
      }
      batch.push(text);
      sizeBytes += length;
    }
  }
  if (batch.length > 0) yield batch;
}

function beginsAs(path: string, file: DiskFile): boolean {
  const whole = realDisk.open(path, 'read');
  try {
    const size = file.size();
    if (whole.size() < size) return false;
    for (let at = 0; at < size; at += HASH_READ_BYTES) {
      const length = Math.min(HASH_READ_BYTES, size - at);
      const [ours, theirs] = [file, whole].map((one) => {
        const bytes = Buffer.alloc(length);
        one.readAt(bytes, at);
        return bytes;
      });
      if (ours === undefined || theirs === undefined || !ours.equals(theirs)) return false;
    }
    return true;
  } finally {
    whole.close();
  }
}
