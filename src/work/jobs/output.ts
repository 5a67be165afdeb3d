// The output of a container on its way into the log: live from the engine, or later from what the
// engine has kept of it. Whoever reads waits until the log has room, so an engine is not asked for
// more than can be written. Spec: docs/jobs.md, "Output".

import type { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import { utf8 } from '../../../proto/bytes.ts';
import { type Gap, catchUp } from '../../../work/catch-up.ts';
import { type Piece, splitter, stamped } from '../../../work/multiplex.ts';
import type { LogSink } from '../driver.ts';
import { ask } from './engine.ts';
import { hearing, readHeard } from './heard.ts';

/** Where the output of one container goes. */
export interface Drain {
  readonly log: LogSink;
  /** Of the order. */
  readonly folder: string;
}

/**
 * Everything from the beginning on; ends with the stream or with `closing`, and throws where it
 * breaks.
 */
export async function drainLive(
  stream: Readable,
  drain: Drain,
  closing: AbortSignal,
): Promise<void> {
  const { log, folder } = drain;
  const split = splitter(false);
  const hear = hearing(folder);
  await each(stream, closing, async (chunk) => {
    for (const { side, bytes } of need(split.take(chunk))) {
      await log.write(side, bytes);
      hear();
    }
  });
}

export interface Keeping {
  readonly container: Container;
  /** Whether what comes after it is awaited as well. */
  readonly follow: boolean;
}

/** What is new in what the engine has kept. */
export async function drainKept(
  { container, follow }: Keeping,
  { log, folder }: Drain,
  closing: AbortSignal,
): Promise<void> {
  const stream = await kept(container, follow);
  const written = { out: log.written('out'), err: log.written('err') };
  const from = catchUp(readHeard(folder), written);
  const hear = hearing(folder);
  const split = splitter(true);
  await each(stream, closing, async (chunk) => {
    for (const frame of need(split.take(chunk))) {
      const line = stamped(frame.bytes);
      if (line === null) throw new Error('the engine sent a line without a time');
      const { piece, gap } = from.take(frame.side, line.atMs, line.bytes);
      if (gap !== null) await log.write('kith', utf8(`${sayGap(gap)}\n`));
      if (piece === null) continue;
      await log.write(piece.side, piece.bytes);
      hear();
    }
  });
}

/** dockerode streams only what it follows, and would hold all of it at once. */
function kept(container: Container, follow: boolean): Promise<Readable> {
  // A question mark at its end: the options go behind it.
  const path = `/containers/${container.id}/logs?`;
  const body = { follow, stdout: true, stderr: true, timestamps: true };
  return ask(container, { method: 'GET', path, body, isStream: true });
}

/** Each chunk in its turn; nothing more is taken once it is closing. */
async function each(
  stream: Readable,
  closing: AbortSignal,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const stop = (): void => void stream.destroy();
  if (closing.aborted) stop();
  closing.addEventListener('abort', stop);
  try {
    for await (const chunk of stream) {
      if (closing.aborted) return;
      await take(chunk as Uint8Array);
    }
  } finally {
    closing.removeEventListener('abort', stop);
    stream.destroy();
  }
}

function sayGap({ side, fromMs, toMs }: Gap): string {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return `the engine has dropped output (${side}) from between ${from} and ${to}`;
}

function need(pieces: readonly Piece[] | null): readonly Piece[] {
  if (pieces === null) throw new Error('the engine sent what is no stream of output');
  return pieces;
}
