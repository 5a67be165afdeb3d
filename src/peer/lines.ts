// Records on the wire: lines of a stream, handed to the replica a batch at a time. While a batch is
// being stored nothing is read, so a fast sender waits in the kernel and not in our memory.
// Spec: docs/sync.md, "Records on the wire".

import { type RefusalCode, REFUSALS } from '../../ledger/refusals.ts';
import { type Tally, NO_TALLY, addTally } from '../../ledger/sync-holdings.ts';
import { isPageEnd } from '../../ledger/sync-wire.ts';
import { textOf } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { BATCH_BYTES, PAGE_BYTES_MAX, PAGE_LINES_MAX, WIRE_LINE_BYTES_MAX } from './limits.ts';

/** What a replica says of lines. */
export interface Ingested {
  readonly accepted: number;
  readonly duplicates: number;
  readonly parked: number;
  readonly refused: readonly { readonly code: RefusalCode }[];
}

/** Takes lines in, wherever they come from: they are on disk when it resolves. */
export type Ingest = (lines: readonly string[], from: Key) => Promise<Ingested>;

/** What no peer sends that has checked its own ledger: it proves the sender faulty. */
const FAULTY: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'empty',
  'too-long',
  'not-utf8',
  'not-canonical',
  'bad-signature',
]);
for (const code of FAULTY) if (REFUSALS[code].normal) throw new Error(`${code} is normal`);

function tallyOf({ accepted, duplicates, parked, refused }: Ingested): Tally {
  const faulty = refused.some(({ code }) => FAULTY.has(code));
  return { accepted, duplicates, parked, refused: refused.length, faulty };
}

export interface Page {
  readonly tally: Tally;
  /** The line that ends a page; null where the stream ended or broke off without one. */
  readonly end: string | null;
  readonly sizeBytes: number;
  readonly lines: number;
  /** Why the stream broke off. */
  readonly broken?: unknown;
}

/**
 * Reads a page to its end, however it ends, and takes in every whole line of it. Only a failure of
 * `ingest` itself is thrown.
 */
export async function takePage(
  source: AsyncIterable<Uint8Array>,
  ingest: Ingest,
  from: Key,
): Promise<Page> {
  const page = { tally: NO_TALLY, end: null as string | null, sizeBytes: 0, lines: 0 };
  let batch: string[] = [];
  let batchBytes = 0;
  const flush = async (): Promise<void> => {
    const lines = batch;
    [batch, batchBytes] = [[], 0];
    if (lines.length > 0) page.tally = addTally(page.tally, tallyOf(await ingest(lines, from)));
  };
  const faulty = (): Page => ({ ...page, tally: { ...page.tally, faulty: true } });
  const broken: { by?: unknown } = {};
  for await (const line of linesOf(source, page, broken)) {
    if (line === null || page.end !== null || page.lines > PAGE_LINES_MAX) return faulty();
    if (isPageEnd(line)) {
      page.end = line;
      continue;
    }
    batch.push(line);
    batchBytes += line.length;
    if (batchBytes < BATCH_BYTES) continue;
    await flush();
    if (page.tally.faulty) return page;
  }
  await flush();
  return 'by' in broken ? { ...page, end: null, broken: broken.by } : page;
}

/** Whole lines of a stream; null once for what is no line: too long, too much, or not UTF-8. */
async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  page: { sizeBytes: number; lines: number },
  broken: { by?: unknown },
): AsyncGenerator<string | null, void, void> {
  let rest: Uint8Array = new Uint8Array(0);
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        broken.by = error;
        return { done: true as const, value: undefined };
      });
      if (next.done === true) break;
      page.sizeBytes += next.value.length;
      if (page.sizeBytes > PAGE_BYTES_MAX) return yield null;
      const bytes: Uint8Array = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
      let at = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
        const text = end - at > WIRE_LINE_BYTES_MAX ? null : textOf(bytes.subarray(at, end));
        at = end + 1;
        page.lines += 1;
        yield text;
        if (text === null) return;
      }
      rest = bytes.subarray(at);
      if (rest.length > WIRE_LINE_BYTES_MAX) return yield null;
    }
    // Bytes after the last newline: cut off in the middle of a line, whatever the sender meant.
    if (rest.length > 0) broken.by ??= new Error('the stream ends within a line');
  } finally {
    await chunks.return?.(undefined);
  }
}
