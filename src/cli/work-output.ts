// What work prints, brought here as it comes: page after page from the host that has it, each frame
// held against the chain of hashes, and written to the stream that it came from.
// Spec: docs/logs.md, "Reading".

import { setTimeout as pause } from 'node:timers/promises';
import { fromBase64url, sameBytes } from '../../proto/bytes.ts';
import { type Frame, type Mark, lostIn, totalOf, unframed } from '../../work/frames.ts';
import { askDaemon } from '../daemon/client.ts';
import type { LogPart } from '../daemon/hosting-routes.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { nodePlatform } from '../platform.ts';
import { startMark } from './log-lines.ts';
import type { Printer } from './print.ts';

interface Streams {
  readonly out: (bytes: Uint8Array) => void;
  readonly err: (bytes: Uint8Array) => void;
  readonly note: (text: string) => void;
}

/** Those of this process: bytes as they came, since they are the work's and not ours. */
export function streamsOf(print: Printer): Streams {
  return {
    out: (bytes) => void process.stdout.write(bytes),
    err: (bytes) => void process.stderr.write(bytes),
    note: print.note,
  };
}

/** How long the daemon may wait for more before it answers with nothing. */
const WAIT_MS = 10_000;
/** Before the host has a log, and while it cannot be reached. */
const AGAIN_MS = 200;
/** Once the work has ended, for the rest of what it printed to come. */
const REST_TRIES_MAX = 10;

/**
 * Resolves when all of it is out, when the work has ended and no more can be had, or when whoever
 * reads has `left`.
 */
export async function followOutput(
  folder: string,
  id: string,
  streams: Streams,
  ended: AbortSignal,
  left?: AbortSignal,
): Promise<void> {
  let at: At = BEGINNING;
  for (let tries = 0; tries < REST_TRIES_MAX; ) {
    const part = await partFrom(folder, id, at.next, ended.aborted ? 0 : WAIT_MS, left);
    if (left?.aborted === true) return;
    if (part === null) {
      if (ended.aborted) tries++;
      await pause(AGAIN_MS);
      continue;
    }
    if (at.generation !== 0 && part.generation !== at.generation) {
      streams.note('it has been started on another node: what it prints begins anew');
      at = { ...BEGINNING, generation: part.generation };
      continue;
    }
    const mark = joined(part, at);
    if (mark !== null && mark.seq > at.next) {
      const missing = `frames ${at.next} to ${mark.seq - 1}`;
      streams.note(`${missing} of what it printed are not kept any more, and are left out`);
    }
    const after = mark === null ? null : write(part, mark, streams);
    if (after === null) {
      streams.note(
        `its host sends what does not belong to its log (at frame ${at.next}): the rest is not shown`,
      );
      return;
    }
    at = { generation: part.generation, next: part.next, mark: after };
    if (part.ended) return;
  }
}

/** Null: there is none yet, or nobody answers for it now. */
async function partFrom(
  folder: string,
  id: string,
  from: number,
  waitMs: number,
  left: AbortSignal | undefined,
): Promise<LogPart | null> {
  try {
    return await askDaemon(folder, 'workLog', { id, from, waitMs }, left);
  } catch (error) {
    if (left?.aborted === true) return null;
    if (error instanceof DaemonFault && LATER.has(error.code)) return null;
    throw error;
  }
}

const LATER: ReadonlySet<string> = new Set(['no-such-work', 'not-reached']);

/** How far it was read; the mark is null before anything was. */
interface At {
  readonly generation: number;
  readonly next: number;
  readonly mark: Mark | null;
}

const BEGINNING: At = { generation: 0, next: 0, mark: null };

/**
 * The mark that a page begins at: that of the page before it, or one behind a gap that its host
 * owns up to. Null: it does not go on where that one ended.
 */
function joined({ seq, hash, frames, next }: LogPart, at: At): Mark | null {
  const from = startMark(seq, hash);
  // There is nothing behind the frame that was asked for yet.
  if (from === null || seq < at.next) return null;
  if (frames === '' && seq !== next) return null;
  const isAnother = at.mark?.seq === seq && !sameBytes(at.mark.hash, from.hash);
  return isAnother ? null : from;
}

/** Where it ends; null: a frame is not of the chain, or the page is not as long as it says. */
function write({ frames, next }: LogPart, from: Mark, streams: Streams): Mark | null {
  const bytes = fromBase64url(frames);
  if (bytes === null) return null;
  const { frames: all, after, rest } = unframed(from, bytes, nodePlatform);
  for (const frame of all) writeFrame(frame, streams);
  return rest === 'none' && after.seq === next ? after : null;
}

export function writeFrame(frame: Frame, { out, err, note }: Streams): void {
  switch (frame.kind) {
    case 'out':
    case 'console':
      return out(frame.bytes);
    case 'err':
      return err(frame.bytes);
    case 'lost': {
      const lost = lostIn(frame);
      return note(`${lost === null ? 'some' : totalOf(lost)} bytes could not be kept by its host`);
    }
    case 'kith':
    case 'end':
  }
}
