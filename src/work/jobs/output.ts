// The output of a container on its way into the log: live from the engine, or later from what the
// engine has kept of it. Whoever reads waits until the log has room, so an engine is not asked for
// more than can be written. Spec: docs/jobs.md, "Output".

import type { Container } from 'dockerode';
import { utf8 } from '../../../proto/bytes.ts';
import { type Gap, catchUp } from '../../../work/catch-up.ts';
import { type Piece, splitter, stamped } from '../../../work/multiplex.ts';
import type { LogSink } from '../driver.ts';
import { hearing, readHeard } from './heard.ts';

/** Where the output of one container goes. */
export interface Drain {
  readonly log: LogSink;
  /** Of the order. */
  readonly folder: string;
}

type Chunks = AsyncIterable<Uint8Array>;

/** Everything from the beginning on; ends with the stream, and throws where it breaks. */
export async function drainLive(chunks: Chunks, { log, folder }: Drain): Promise<void> {
  const split = splitter(false);
  const hear = hearing(folder, readHeard(folder));
  for await (const chunk of chunks) {
    for (const { side, bytes } of need(split.take(chunk))) {
      await log.write(side, bytes);
      hear(side);
    }
  }
}

/** What is new in what the engine has kept, and what comes after it while it still runs. */
export async function drainKept(container: Container, { log, folder }: Drain): Promise<void> {
  const options = { follow: true, stdout: true, stderr: true, timestamps: true } as const;
  const chunks = (await container.logs(options)) as unknown as Chunks;
  const heard = readHeard(folder);
  const written = { out: log.written('out'), err: log.written('err') };
  const from = catchUp(heard, written);
  const hear = hearing(folder, heard);
  const split = splitter(true);
  for await (const chunk of chunks) {
    for (const frame of need(split.take(chunk))) {
      const line = stamped(frame.bytes);
      if (line === null) throw new Error('the engine sent a line without a time');
      const { piece, gap } = from.take(frame.side, line.atMs, line.bytes);
      if (gap !== null) await log.write('kith', utf8(`${sayGap(gap)}\n`));
      if (piece === null) continue;
      await log.write(piece.side, piece.bytes);
      hear(piece.side);
    }
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
