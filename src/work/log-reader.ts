// Reading a log: pages of whole frames from a seq on, each with the hash of everything before it,
// so that whoever reads checks the rest of the chain. Reading changes nothing in the folder. Spec:
// docs/logs.md, "Reading".

import { join } from 'node:path';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest } from '../../proto/ids.ts';
import { type Mark, totalOf } from '../../work/frames.ts';
import { type Disk, realDisk } from '../store/disk.ts';
import { LOG_PAGE_BYTES_MAX } from './limits.ts';
import { type Read, type Start, filesIn, partOf, readThrough, startOf } from './log-file.ts';

export interface Page {
  /**
   * The first frame of the page, and the hash of all before it. Its seq is above the one that was
   * asked for where frames are not kept any more.
   */
  readonly from: Mark;
  /** Whole frames, as work/frames.ts reads them. */
  readonly bytes: Uint8Array;
  /** The seq to ask for next. */
  readonly next: number;
  /** Nothing will follow this page. */
  readonly ended: boolean;
}

export interface LogFacts {
  /** Of the next frame: how many there have been. */
  readonly next: number;
  /** The first that is kept. */
  readonly first: number;
  readonly writtenBytes: number;
  /** Of that, not kept any more; and never kept, since the disk took nothing. */
  readonly droppedBytes: number;
  readonly lostBytes: number;
  readonly ended: boolean;
  readonly hash: Digest;
}

export interface LogReader {
  read(fromSeq: number, bytesMax: number): Page;
  facts(): LogFacts;
}

/** A file of a log that is there, and what is known of it without reading it again. */
export interface Kept {
  readonly path: string;
  readonly start: Start;
  /** Null until somebody reads in it. */
  steps: Read['steps'] | null;
}

/** The log of a folder that nobody writes; null where there is none. */
export function readLog(folder: string, disk: Disk = realDisk): LogReader | null {
  const files = keptIn(disk, folder);
  const last = files.at(-1);
  const read = last === undefined ? null : readThrough(disk, last.path);
  if (read === null) return null;
  const { end, ended } = read;
  return {
    read: (fromSeq, bytesMax) => pageOf(disk, { files, end, ended }, fromSeq, bytesMax),
    facts: () => factsOf({ files, end, ended }),
  };
}

/** Files with a head, in order. */
export function keptIn(disk: Disk, folder: string): Kept[] {
  return filesIn(disk, folder).flatMap((name) => {
    const path = join(folder, name);
    const start = startOf(disk, path);
    return start === null ? [] : [{ path, start, steps: null }];
  });
}

export interface Shown {
  readonly files: readonly Kept[];
  readonly end: Start;
  readonly ended: boolean;
}

export function pageOf(disk: Disk, shown: Shown, fromSeq: number, bytesMax: number): Page {
  const { files, end, ended } = shown;
  const bounded = Math.min(Math.max(1, bytesMax), LOG_PAGE_BYTES_MAX);
  const at = Math.max(0, fromSeq);
  let i = Math.max(
    0,
    files.findLastIndex(({ start }) => start.mark.seq <= at),
  );
  // Where a file holds less than it should, the next one goes on.
  for (let file = files[i]; file !== undefined; file = files[++i]) {
    file.steps ??= readThrough(disk, file.path)?.steps ?? [];
    const seq = Math.max(at, file.start.mark.seq);
    const part = seq < end.mark.seq ? partOf(disk, file.path, file.steps, seq, bounded) : null;
    if (part === null) continue;
    const next = part.after.seq;
    return { from: part.from, bytes: part.bytes, next, ended: ended && next === end.mark.seq };
  }
  const next = end.mark.seq;
  return { from: end.mark, bytes: new Uint8Array(), next, ended };
}

export function factsOf({ files, end, ended }: Shown): LogFacts {
  const first = files[0]?.start ?? end;
  const writtenBytes = totalOf(end.written);
  const lostBytes = end.lost - first.lost;
  return {
    next: end.mark.seq,
    first: first.mark.seq,
    writtenBytes,
    droppedBytes: totalOf(first.written),
    lostBytes,
    ended,
    hash: toBase64url(end.mark.hash) as Digest,
  };
}

export function keptBytes({ files, end }: Pick<Shown, 'files' | 'end'>): number {
  const first = files[0]?.start ?? end;
  return keptSince(first, end);
}

/** Output that frames between the two hold. */
export function keptSince(from: Start, end: Start): number {
  return totalOf(end.written) - totalOf(from.written) - (end.lost - from.lost);
}
