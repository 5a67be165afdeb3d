// The files of a log that is being written: appended to, begun anew when one is full, the oldest
// dropped when the others hold enough, cut to size at the end. After any error the next append goes
// into a new file, which begins where the chain is. Spec: docs/logs.md, "On disk".

import { join } from 'node:path';
import { concat } from '../../proto/bytes.ts';
import {
  type FrameKind,
  NO_COUNTS,
  countedWith,
  firstMark,
  framed,
  lostIn,
  totalOf,
  unframed,
} from '../../work/frames.ts';
import { nodePlatform } from '../platform.ts';
import { type Disk, type DiskFile, readWhole, replaceFile, writeWhole } from '../store/disk.ts';
import { LOG_FILES, LOG_FILE_BYTES_MAX, LOG_FILE_BYTES_MIN } from './limits.ts';
import { HEAD_BYTES, type Start, fileName, headOf, noteStep, readThrough } from './log-file.ts';
import {
  type Kept,
  type LogReader,
  factsOf,
  keptBytes,
  keptIn,
  keptSince,
  pageOf,
} from './log-reader.ts';

/** What becomes a frame. */
export interface Chunk {
  readonly kind: FrameKind;
  readonly ts: number;
  readonly bytes: Uint8Array;
}

export interface Shelf extends LogReader {
  end(): Start;
  ended(): boolean;
  /** Writes frames, all or none; throws the system's error. */
  append(chunks: readonly Chunk[]): void;
  unsyncedBytes(): number;
  /** Brings to the disk what was appended until now. */
  sync(): Promise<void>;
  /** Cuts a log that has ended to what is to be kept. */
  trim(): Promise<void>;
  close(): void;
}

interface Open {
  readonly kept: Kept;
  readonly file: DiskFile;
  sizeBytes: number;
  unsynced: number;
  syncing: boolean;
}

interface State {
  readonly disk: Disk;
  readonly folder: string;
  readonly keepBytes: number;
  readonly fileBytes: number;
  files: Kept[];
  end: Start;
  ended: boolean;
  /** What is appended to; null: the next append begins a file. */
  current: Open | null;
  /** Full, and not synced yet. */
  readonly full: Set<Open>;
  namesChanged: boolean;
  /** The last sync that was asked for: each waits for those before it. */
  synced: Promise<void>;
}

export function openShelf(disk: Disk, folder: string, keepBytes: number): Shelf {
  const share = Math.floor(keepBytes / LOG_FILES);
  const state: State = {
    ...{ disk, folder, keepBytes },
    fileBytes: Math.min(LOG_FILE_BYTES_MAX, Math.max(LOG_FILE_BYTES_MIN, share)),
    files: keptIn(disk, folder),
    end: { mark: firstMark(nodePlatform), written: NO_COUNTS, lost: 0 },
    ...{ ended: false, current: null, full: new Set<Open>(), namesChanged: false },
    synced: Promise.resolve(),
  };
  goOn(state);
  return {
    end: () => state.end,
    ended: () => state.ended,
    append: (chunks) => append(state, chunks),
    read: (fromSeq, bytesMax) => pageOf(disk, state, fromSeq, bytesMax),
    facts: () => factsOf(state),
    unsyncedBytes: () =>
      [...state.full].reduce((sum, { unsynced }) => sum + unsynced, state.current?.unsynced ?? 0),
    // In a row: what a sync that is under way began too early for is the next one's.
    sync: () => (state.synced = state.synced.then(() => sync(state))),
    trim: () => trim(state),
    close() {
      for (const open of [...state.full, ...(state.current === null ? [] : [state.current])]) {
        letGo(open);
      }
      state.full.clear();
      state.current = null;
    },
  };
}

/** Behind the last whole frame of the last file; what is torn there is cut off. */
function goOn(state: State): void {
  const { disk, files } = state;
  const last = files.at(-1);
  if (last === undefined) return;
  const read = readThrough(disk, last.path);
  if (read === null) return;
  [state.end, state.ended, last.steps] = [read.end, read.ended, read.steps];
  if (read.ended) return;
  const file = disk.open(last.path, 'append');
  if (read.torn) file.truncate(read.sizeBytes);
  const { sizeBytes } = read;
  state.current = { kept: last, file, sizeBytes, unsynced: 0, syncing: false };
}

function append(state: State, chunks: readonly Chunk[]): void {
  const frames: Uint8Array[] = [];
  let { mark, written, lost } = state.end;
  let ended = false;
  for (const chunk of chunks) {
    const made = framed(mark, chunk, nodePlatform);
    const frame = { seq: mark.seq, ...chunk };
    written = countedWith(written, frame);
    lost += totalOf(lostIn(frame) ?? NO_COUNTS);
    ended = chunk.kind === 'end';
    mark = made.after;
    frames.push(made.bytes);
  }
  const open = roomIn(state);
  const bytes = concat(...frames);
  try {
    writeWhole((rest) => open.file.append(rest), bytes);
  } catch (error) {
    giveUp(state, open);
    throw error;
  }
  open.sizeBytes += bytes.length;
  open.unsynced += bytes.length;
  [state.end, state.ended] = [{ mark, written, lost }, ended];
  noteStep((open.kept.steps ??= []), mark, open.sizeBytes);
  drop(state, state.keepBytes);
}

/** The file to append to. */
function roomIn(state: State): Open {
  const { disk, folder, end, current } = state;
  if (current !== null && current.sizeBytes < state.fileBytes) return current;
  const path = join(folder, fileName(end));
  const head = headOf(end);
  const file = disk.open(path, 'replace');
  const steps = [{ mark: end.mark, offset: HEAD_BYTES }];
  const kept: Kept = { path, start: end, steps };
  const open: Open = { kept, file, sizeBytes: 0, unsynced: head.length, syncing: false };
  try {
    writeWhole((rest) => file.append(rest), head);
  } catch (error) {
    file.close();
    // A file without a head is none; where it cannot be removed either, it is passed over.
    try {
      disk.unlink(path);
    } catch {}
    throw error;
  }
  open.sizeBytes = head.length;
  if (current !== null) state.full.add(current);
  // One that was begun and could not go on has the same name.
  state.files = [...state.files.filter((one) => one.path !== path), kept];
  [state.current, state.namesChanged] = [open, true];
  return open;
}

/** After an error: what was written of it is taken back, and the file is not written any more. */
function giveUp(state: State, open: Open): void {
  try {
    open.file.truncate(open.sizeBytes);
  } catch {
    // Then its end is torn, which whoever reads finds.
  }
  letGo(open);
  state.full.delete(open);
  if (state.current === open) state.current = null;
}

/**
 * A file that is being synced is closed when that is done: its number may be another's by then, and
 * closed a second time it would be taken from whoever has it.
 */
function letGo({ syncing, file }: Open): void {
  if (!syncing) file.close();
}

/** Drops the oldest files as long as the others hold so much. */
function drop(state: State, bytes: number): void {
  for (;;) {
    const [first, second] = state.files;
    if (first === undefined || second === undefined) return;
    if (keptSince(second.start, state.end) < bytes) return;
    state.files = state.files.slice(1);
    for (const open of state.full) {
      if (open.kept !== first || open.syncing) continue;
      state.full.delete(open);
      open.file.close();
    }
    state.disk.unlink(first.path);
  }
}

async function sync(state: State): Promise<void> {
  const { disk, folder, full, current } = state;
  const all = [...full, ...(current === null ? [] : [current])];
  const dirty = all.filter(({ unsynced }) => unsynced > 0);
  const withNames = state.namesChanged;
  state.namesChanged = false;
  await Promise.all(
    dirty.map(async (open) => {
      const { unsynced } = open;
      open.syncing = true;
      try {
        await open.file.sync();
        open.unsynced -= unsynced;
      } catch {
        // What is on the disk of it is not known: the log goes on in a new file.
        open.unsynced = 0;
        full.add(open);
        if (state.current === open) state.current = null;
      } finally {
        open.syncing = false;
      }
      if (state.current === open) return;
      full.delete(open);
      open.file.close();
    }),
  );
  if (withNames) await disk.syncFolder(folder).catch(() => undefined);
}

async function trim(state: State): Promise<void> {
  const { disk, folder, keepBytes } = state;
  drop(state, keepBytes);
  while (keptBytes(state) > keepBytes && (await cut(state)));
  await disk.syncFolder(folder);
}

/**
 * Puts a file of its last frames in the place of the first, so that all together fit. True where it
 * is gone and there is more to cut.
 */
async function cut(state: State): Promise<boolean> {
  const { disk, folder, keepBytes } = state;
  const [first, ...others] = state.files as [Kept, ...Kept[]];
  const whole = readWhole(disk, first.path, Number.POSITIVE_INFINITY) ?? new Uint8Array();
  const bytes = whole.subarray(HEAD_BYTES);
  let { start } = first;
  let count = 0;
  for (const frame of unframed(start.mark, bytes, nodePlatform).frames) {
    if (keptSince(start, state.end) <= keepBytes) break;
    count += 1;
    const lost = start.lost + totalOf(lostIn(frame) ?? NO_COUNTS);
    start = { ...start, written: countedWith(start.written, frame), lost };
  }
  // All of it that can be read is too much.
  if (others.length > 0 && keptSince(start, state.end) > keepBytes) {
    state.files = others;
    disk.unlink(first.path);
    return true;
  }
  const { after, used } = unframed(start.mark, bytes, nodePlatform, count);
  start = { ...start, mark: after };
  const path = join(folder, fileName(start));
  if (others[0]?.path !== path) {
    await replaceFile(disk, path, concat(headOf(start), bytes.subarray(used)));
    others.unshift({ path, start, steps: null });
  }
  state.files = others;
  disk.unlink(first.path);
  return false;
}
