// The log of one piece of work: what drivers write becomes frames of a chain, the newest are kept,
// and whoever asks reads them by seq. A kill takes what came in the last moment, and drivers go on
// behind what is there; a full disk takes output and never the work. Spec: docs/logs.md.

import { type Bucket, fullBucket, spent, waitMs } from '../../ledger/bucket.ts';
import { assert } from '../../proto/assert.ts';
import { concat, toBase64url } from '../../proto/bytes.ts';
import type { Digest } from '../../proto/ids.ts';
import {
  type Counts,
  FRAME_OVERHEAD_BYTES,
  type Source,
  lostContent,
  NO_COUNTS,
  sumOf,
  totalOf,
} from '../../work/frames.ts';
import { FRAME_BYTES_MAX } from '../../work/limits.ts';
import { monotonicMs, nowMs } from '../os/clock.ts';
import { type Disk, realDisk } from '../store/disk.ts';
import { systemCode } from '../store/faults.ts';
import type { LogSink } from './driver.ts';
import {
  LOG_COALESCE_MS,
  LOG_FLUSH_BYTES,
  LOG_FRAME_BYTES_MIN,
  LOG_FRAME_SHARE,
  LOG_RATE,
  LOG_RETRY_MS,
  LOG_SYNC_MS,
  LOG_UNSYNCED_BYTES_MAX,
} from './limits.ts';
import type { LogReader } from './log-reader.ts';
import { type Chunk, type Shelf, openShelf } from './log-shelf.ts';

export interface LogOptions {
  /** As much of its output is kept when it has ended, the newest; while it runs, a file more. */
  readonly keepBytes: number;
  readonly disk?: Disk;
}

export interface Log extends LogSink, LogReader {
  /** Resolves when there is a frame of that seq, when the log has ended, or on the signal. */
  follow(fromSeq: number, signal?: AbortSignal): Promise<void>;
  /** Why the disk takes nothing now, in the system's word; null: it does. */
  fault(): string | null;
  /** Of all frames, kept or not: what a receipt says. Call it when the log is closed. */
  hash(): Digest;
  /**
   * Writes what is left and lets go of the files. `ended`: nothing will ever follow; it is cut to
   * what is to be kept.
   */
  close(ended: boolean): Promise<void>;
}

interface Follower {
  readonly fromSeq: number;
  readonly wake: () => void;
}

/** What becomes one frame. */
interface Pending {
  readonly kind: Source;
  readonly ts: number;
  readonly parts: Uint8Array[];
  sizeBytes: number;
}

interface State {
  readonly shelf: Shelf;
  readonly frameBytes: number;
  /** Not on the disk yet, in order. */
  pending: Pending[];
  pendingBytes: number;
  /** Taken and given up, and no frame says so yet. */
  unkept: Counts;
  /** Why the disk took nothing the last time, in the system's word. */
  fault: string | null;
  retryAtMs: number;
  rate: Bucket;
  timer: NodeJS.Timeout | null;
  syncTimer: NodeJS.Timeout | null;
  closed: boolean;
  readonly followers: Set<Follower>;
}

/** The log in a folder, made where there is none; throws the system's error where it cannot be. */
export function openLog(folder: string, { keepBytes, disk = realDisk }: LogOptions): Log {
  disk.makeFolder(folder);
  const shelf = openShelf(disk, folder, keepBytes);
  const state: State = {
    ...{ shelf, frameBytes: frameBytesFor(keepBytes) },
    ...{ pending: [], pendingBytes: 0, unkept: NO_COUNTS, fault: null, retryAtMs: 0 },
    rate: fullBucket(LOG_RATE, monotonicMs()),
    ...{ timer: null, syncTimer: null, closed: false, followers: new Set<Follower>() },
  };
  return {
    write: (source, bytes) => write(state, source, bytes),
    written: (source) => acceptedOf(state)[source],
    read: shelf.read,
    facts() {
      const facts = shelf.facts();
      return { ...facts, lostBytes: facts.lostBytes + totalOf(state.unkept) };
    },
    fault: () => state.fault,
    follow: (fromSeq, signal) => follow(state, fromSeq, signal),
    hash: () => toBase64url(shelf.end().mark.hash) as Digest,
    close: (ended) => close(state, ended),
  };
}

/** So that what is kept of little is most of it; of nothing, nothing is. */
function frameBytesFor(keepBytes: number): number {
  if (keepBytes === 0) return FRAME_BYTES_MAX;
  const share = Math.floor(keepBytes / LOG_FRAME_SHARE);
  return Math.min(FRAME_BYTES_MAX, Math.max(LOG_FRAME_BYTES_MIN, share));
}

function acceptedOf({ shelf, pending, unkept }: State): Counts {
  return pending.reduce(
    (sum, { kind, sizeBytes }) => ({ ...sum, [kind]: sum[kind] + sizeBytes }),
    sumOf(shelf.end().written, unkept),
  );
}

async function write(state: State, kind: Source, bytes: Uint8Array): Promise<void> {
  assert(!state.closed && !state.shelf.ended(), 'nothing is written behind the end of a log');
  if (bytes.length === 0) return;
  take(state, kind, bytes);
  const now = monotonicMs();
  state.rate = spent(state.rate, LOG_RATE, now, bytes.length);
  if (state.shelf.unsyncedBytes() > LOG_UNSYNCED_BYTES_MAX) await state.shelf.sync();
  const late = waitMs(state.rate, LOG_RATE, now);
  if (late > 0) await new Promise((resolve) => void setTimeout(resolve, late));
}

/** Into frames that are not full yet; what is enough for a write to the disk is written. */
function take(state: State, kind: Source, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const last = state.pending.at(-1);
    const room = last?.kind === kind ? state.frameBytes - last.sizeBytes : 0;
    // A copy: whoever wrote it may use its memory again.
    const end = at + (room > 0 ? room : state.frameBytes);
    const part = new Uint8Array(bytes.subarray(at, end));
    if (last !== undefined && room > 0) {
      last.parts.push(part);
      last.sizeBytes += part.length;
    } else {
      state.pending.push({ kind, ts: nowMs(), parts: [part], sizeBytes: part.length });
      state.pendingBytes += FRAME_OVERHEAD_BYTES;
    }
    state.pendingBytes += part.length;
    at += part.length;
    if (state.pendingBytes >= LOG_FLUSH_BYTES) flush(state);
  }
  if (state.pending.length > 0) state.timer ??= setTimeout(() => flush(state), LOG_COALESCE_MS);
}

/** Brings to the disk what came since the last time. */
function flush(state: State): void {
  if (state.timer !== null) clearTimeout(state.timer);
  state.timer = null;
  const { pending, unkept } = state;
  [state.pending, state.pendingBytes] = [[], 0];
  if (pending.length === 0) return;
  const chunks = pending.map(({ kind, ts, parts }) => ({ kind, ts, bytes: concat(...parts) }));
  if (appended(state, chunks)) return;
  state.unkept = pending.reduce(
    (sum, { kind, sizeBytes }) => ({ ...sum, [kind]: sum[kind] + sizeBytes }),
    unkept,
  );
}

/**
 * Appends frames, and before them how much the disk did not take lately. False where it takes
 * nothing now: the work goes on, and its output is counted.
 */
function appended(state: State, chunks: readonly Chunk[]): boolean {
  const { shelf, unkept, followers } = state;
  if (monotonicMs() < state.retryAtMs) return false;
  const told =
    totalOf(unkept) === 0
      ? []
      : [{ kind: 'lost' as const, ts: nowMs(), bytes: lostContent(unkept) }];
  try {
    shelf.append([...told, ...chunks]);
  } catch (error) {
    [state.fault, state.retryAtMs] = [systemCode(error), monotonicMs() + LOG_RETRY_MS];
    return false;
  }
  [state.unkept, state.fault] = [NO_COUNTS, null];
  state.syncTimer ??= setTimeout(() => {
    state.syncTimer = null;
    void shelf.sync();
  }, LOG_SYNC_MS);
  const { seq } = shelf.end().mark;
  for (const { fromSeq, wake } of followers) if (fromSeq < seq || shelf.ended()) wake();
  return true;
}

async function follow(state: State, fromSeq: number, signal?: AbortSignal): Promise<void> {
  const { shelf, followers, closed } = state;
  if (closed || shelf.ended() || fromSeq < shelf.end().mark.seq) return;
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const follower: Follower = {
      fromSeq,
      wake() {
        followers.delete(follower);
        signal?.removeEventListener('abort', follower.wake);
        resolve();
      },
    };
    followers.add(follower);
    signal?.addEventListener('abort', follower.wake, { once: true });
  });
}

async function close(state: State, ended: boolean): Promise<void> {
  const { shelf, followers } = state;
  if (state.closed) return;
  // The last try: whatever the clock says.
  state.retryAtMs = 0;
  flush(state);
  state.closed = true;
  if (state.syncTimer !== null) clearTimeout(state.syncTimer);
  if (ended && !shelf.ended()) {
    state.retryAtMs = 0;
    appended(state, [{ kind: 'end', ts: nowMs(), bytes: new Uint8Array() }]);
    if (state.syncTimer !== null) clearTimeout(state.syncTimer);
  } else if (totalOf(state.unkept) > 0) appended(state, []);
  await shelf.sync();
  shelf.close();
  try {
    if (shelf.ended()) await shelf.trim();
  } catch (error) {
    // Then more is kept than was asked for.
    state.fault = systemCode(error);
  }
  for (const { wake } of followers) wake();
}
