// What happens to a ledger before anybody may use it: the torn tail is put aside, the file is
// hashed once, and by that hash it is decided what of the checkpoint and of the index can be
// believed.

import { join } from 'node:path';
import type { Platform } from '../../proto/platform.ts';
import { textOf } from '../../proto/bytes.ts';
import { decodeHeld } from '../../ledger/record.ts';
import { lineChunks } from '../lines/line-chunks.ts';
import { type CheckpointFile, type Verifier, readCheckpoint } from './checkpoint.ts';
import type { Disk, DiskFile } from './disk.ts';
import { type Index, openIndex } from './index.ts';
import type { Kv } from './kv.ts';
import { type LedgerFile, mendTail, openToAppend, wholeBytes } from './ledger-file.ts';
import { INDEX_BATCH_RECORDS } from './limits.ts';
import { hashPrefix } from './prefix.ts';
import { copyAside } from './quarantine.ts';
import type { Opening } from './store.ts';

export interface Paths {
  readonly folder: string;
  readonly ledger: string;
  readonly index: string;
  readonly checkpoint: string;
  readonly quarantine: string;
  readonly ballast: string;
  readonly marker: string;
}

export function pathsIn(folder: string): Paths {
  return {
    folder,
    ledger: join(folder, 'nodes.jsonl'),
    index: join(folder, 'index'),
    checkpoint: join(folder, 'checkpoint.json'),
    quarantine: join(folder, 'quarantine'),
    ballast: join(folder, 'ballast'),
    marker: join(folder, 'marker.json'),
  };
}

export interface Opened {
  readonly ledger: LedgerFile;
  readonly index: Index;
  readonly checkpoint: CheckpointFile | null;
  readonly opening: Opening;
}

export interface OpenRequest {
  readonly disk: Disk;
  readonly paths: Paths;
  readonly kv: Kv;
  readonly verifier: Verifier;
  readonly platform: Platform;
  readonly progress?: ((bytesDone: number, bytesTotal: number) => void) | undefined;
}

export async function openToWrite(request: OpenRequest): Promise<Opened> {
  const { disk, paths } = request;
  const stored = readCheckpoint(disk, paths.checkpoint, request.verifier);
  const file = await openToAppend(disk, paths.ledger);
  const tornBytes = await mendTail(file, (offset, length) =>
    copyAside(disk, paths.quarantine, 'torn', file, offset, length),
  );
  return openLedger(request, stored, { file, bytes: file.size(), tornBytes });
}

/** Changes nothing. A folder may be written to meanwhile: what is unfinished is left out. */
export function openToRead(request: OpenRequest, whole: boolean): Promise<Opened> {
  const { disk, paths, verifier } = request;
  // Before the file is measured: a writer may go on, and a checkpoint must not be ahead of the
  // file.
  const stored = readCheckpoint(disk, paths.checkpoint, verifier);
  const file = disk.open(paths.ledger, 'read');
  const bytes = whole ? file.size() : wholeBytes(file);
  return openLedger(request, stored, { file, bytes, tornBytes: 0 });
}

async function openLedger(
  request: OpenRequest,
  stored: ReturnType<typeof readCheckpoint>,
  { file, bytes, tornBytes }: { file: DiskFile; bytes: number; tornBytes: number },
): Promise<Opened> {
  const { disk, paths, progress } = request;
  const index = await openIndex(request.kv);
  const candidate = 'unfit' in stored ? null : stored;
  const places = [candidate?.bytes ?? 0, index.mark?.bytes ?? 0];
  const { hash, marks } = await hashPrefix(file, bytes, places, (done) => progress?.(done, bytes));
  const fits = candidate !== null && marks.get(candidate.bytes) === candidate.sha256;
  const checkpoint = fits ? candidate : null;
  const lines = checkpoint?.lines ?? 0;
  const ledger: LedgerFile = { disk, path: paths.ledger, file, bytes, lines, hash };
  const { mark } = index;
  const indexFits = mark !== null && marks.get(mark.bytes) === mark.sha256;
  // Without a checkpoint everything is verified anew, so nothing found before may stand on the
  // shelf.
  if (mark !== null && (!indexFits || checkpoint === null)) await index.clear();
  const behind = checkpoint !== null && (index.mark?.bytes ?? 0) < checkpoint.bytes;
  if (behind) await rebuild(request, ledger, index, checkpoint);
  const unverified = 'unfit' in stored ? stored.unfit : fits ? null : 'nodes.jsonl has changed';
  return { ledger, index, checkpoint, opening: { tornBytes, unverified, indexRebuilt: behind } };
}

/**
 * Indexes the verified prefix again: its hash vouches for every line, so no signature is checked.
 */
async function rebuild(
  { platform, progress }: OpenRequest,
  ledger: LedgerFile,
  index: Index,
  checkpoint: CheckpointFile,
): Promise<void> {
  const { bytes, sha256, left, damage } = checkpoint;
  const skip = new Set([...left, ...damage].map(({ offset }) => offset));
  const stretch = { from: index.mark?.bytes ?? 0, to: bytes, line: 1 };
  for (const { lines, at } of lineChunks(ledger.file, stretch)) {
    for (const { offset, length, bytes: line } of lines) {
      const text = line === null || skip.has(offset) ? null : textOf(line);
      if (text === null) continue;
      const { author, seq, id } = decodeHeld(text, platform);
      index.put(author, seq, { id, offset, length });
    }
    if (index.waiting >= INDEX_BATCH_RECORDS) await index.flush(() => null, false);
    progress?.(at, ledger.bytes);
    await new Promise(setImmediate);
  }
  await index.flush(() => ({ bytes, sha256 }), true);
}
