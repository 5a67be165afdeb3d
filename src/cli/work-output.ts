// What work prints, brought here as it comes: page after page from the host that has it, each frame
// held against the chain of hashes, and written to the stream that it came from.
// Spec: docs/logs.md, "Reading".

import { setTimeout as pause } from 'node:timers/promises';
import { fromBase64url } from '../../proto/bytes.ts';
import { type Frame, type Mark, lostIn, totalOf, unframed } from '../../work/frames.ts';
import { askDaemon } from '../daemon/client.ts';
import type { LogPart } from '../daemon/hosting-routes.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { nodePlatform } from '../platform.ts';
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
  let at = { generation: 0, next: 0 };
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
      at = { generation: part.generation, next: 0 };
      continue;
    }
    const isGap = part.seq > at.next;
    if (isGap) streams.note('some of what it printed is not kept any more, and is left out');
    if (!write(part, streams)) {
      streams.note('its host sends what does not belong to its log: the rest is not shown');
      return;
    }
    at = { generation: part.generation, next: part.next };
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

/** False: a frame is not of the chain. */
function write({ seq, hash, frames }: LogPart, streams: Streams): boolean {
  const from: Mark = { seq, hash: fromBase64url(hash) ?? new Uint8Array() };
  const read = unframed(from, fromBase64url(frames) ?? new Uint8Array(), nodePlatform);
  for (const frame of read.frames) writeFrame(frame, streams);
  return read.rest !== 'wrong';
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
