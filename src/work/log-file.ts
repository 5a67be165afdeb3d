// One file of a log: a head that says where in the chain it begins and what came before it, and
// frames. What is torn or changed ends it: nothing behind that can be checked, so nothing is read.
// Spec: docs/logs.md, "On disk".

import { concat, sameBytes, utf8 } from '../../proto/bytes.ts';
import {
  type Counts,
  type Frame,
  HASH_BYTES,
  type Mark,
  SOURCES,
  countedWith,
  lostIn,
  numberAt,
  putNumber,
  totalOf,
  unframed,
} from '../../work/frames.ts';
import { nodePlatform } from '../platform.ts';
import type { Disk } from '../store/disk.ts';
import { LOG_FLUSH_BYTES, LOG_STEP_BYTES } from './limits.ts';

/** What was before a file. */
export interface Start {
  readonly mark: Mark;
  readonly written: Counts;
  /** Of that, what no frame holds. */
  readonly lost: number;
}

/** A place in a file from which it can be read. */
interface Step {
  readonly mark: Mark;
  readonly offset: number;
}

export interface Read {
  readonly start: Start;
  readonly steps: Step[];
  /** After the last whole frame. */
  readonly end: Start;
  readonly sizeBytes: number;
  /** Something stands behind that. */
  readonly torn: boolean;
  readonly ended: boolean;
}

const MAGIC: Uint8Array = utf8('kithlog1');
const CHECK_BYTES = 8;
export const HEAD_BYTES: number =
  MAGIC.length + 6 + HASH_BYTES + SOURCES.length * 6 + 6 + CHECK_BYTES;

const NAME = /^[0-9a-f]{12}\.log$/;

export function fileName({ mark }: Start): string {
  return `${mark.seq.toString(16).padStart(12, '0')}.log`;
}

/** The files of a log, in the order of the chain; names of anything else are left alone. */
export function filesIn(disk: Disk, folder: string): string[] {
  return disk
    .list(folder)
    .filter((name) => NAME.test(name))
    .toSorted();
}

export function headOf({ mark, written, lost }: Start): Uint8Array {
  const body = new Uint8Array(HEAD_BYTES - MAGIC.length - CHECK_BYTES);
  const view = new DataView(body.buffer);
  putNumber(view, 0, mark.seq);
  body.set(mark.hash, 6);
  const counts = [...SOURCES.map((source) => written[source]), lost];
  counts.forEach((count, i) => putNumber(view, 6 + HASH_BYTES + i * 6, count));
  const signed = concat(MAGIC, body);
  return concat(signed, nodePlatform.sha256(signed).subarray(0, CHECK_BYTES));
}

/** Null where the bytes do not begin with a head. */
function startIn(bytes: Uint8Array): Start | null {
  if (bytes.length < HEAD_BYTES) return null;
  const signed = bytes.subarray(0, HEAD_BYTES - CHECK_BYTES);
  const check = bytes.subarray(HEAD_BYTES - CHECK_BYTES, HEAD_BYTES);
  if (!sameBytes(signed.subarray(0, MAGIC.length), MAGIC)) return null;
  if (!sameBytes(nodePlatform.sha256(signed).subarray(0, CHECK_BYTES), check)) return null;
  const body = new Uint8Array(signed.subarray(MAGIC.length));
  const view = new DataView(body.buffer);
  const numbers = [...SOURCES, 'lost'].map((_, i) => numberAt(view, 6 + HASH_BYTES + i * 6));
  const [out = 0, err = 0, console = 0, kith = 0, lost = 0] = numbers;
  const mark = { seq: numberAt(view, 0), hash: body.slice(6, 6 + HASH_BYTES) };
  return { mark, written: { out, err, console, kith }, lost };
}

/** The head of a file alone; null where it has none. */
export function startOf(disk: Disk, path: string): Start | null {
  const file = disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(HEAD_BYTES);
    return startIn(bytes.subarray(0, file.readAt(bytes, 0)));
  } finally {
    file.close();
  }
}

/** Goes through a file, frame by frame; null where it has no head. */
export function readThrough(
  disk: Disk,
  path: string,
  each: (frame: Frame) => void = () => undefined,
): Read | null {
  const file = disk.open(path, 'read');
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const start = startIn(head.subarray(0, file.readAt(head, 0)));
    if (start === null) return null;
    const steps: Step[] = [{ mark: start.mark, offset: HEAD_BYTES }];
    let { mark, written, lost } = start;
    let [offset, ended] = [HEAD_BYTES, false];
    const block = new Uint8Array(LOG_FLUSH_BYTES);
    for (;;) {
      const bytes = block.subarray(0, file.readAt(block, offset));
      const { frames, after, used } = unframed(mark, bytes, nodePlatform);
      if (used === 0) break;
      for (const frame of frames) {
        written = countedWith(written, frame);
        lost += totalOf(lostIn(frame) ?? { out: 0, err: 0, console: 0, kith: 0 });
        ended = frame.kind === 'end';
        each(frame);
      }
      [mark, offset] = [after, offset + used];
      noteStep(steps, mark, offset);
    }
    const end = { mark, written, lost };
    return { start, steps, end, sizeBytes: offset, torn: file.size() > offset, ended };
  } finally {
    file.close();
  }
}

export function noteStep(steps: Step[], mark: Mark, offset: number): void {
  const last = steps.at(-1);
  if (last === undefined || offset - last.offset >= LOG_STEP_BYTES) steps.push({ mark, offset });
}

export interface Part {
  /** The first frame of it, and the hash of all before that. */
  readonly from: Mark;
  readonly bytes: Uint8Array;
  readonly after: Mark;
}

/** Whole frames from a seq on, of so many bytes but at least one; null where the file has none. */
export function partOf(
  disk: Disk,
  path: string,
  steps: readonly Step[],
  fromSeq: number,
  bytesMax: number,
): Part | null {
  const step = steps.findLast(({ mark }) => mark.seq <= fromSeq);
  if (step === undefined) return null;
  const file = disk.open(path, 'read');
  try {
    const block = new Uint8Array(bytesMax + 2 * LOG_FLUSH_BYTES);
    const bytes = block.subarray(0, file.readAt(block, step.offset));
    const skipped = unframed(step.mark, bytes, nodePlatform, fromSeq - step.mark.seq);
    if (skipped.after.seq !== fromSeq) return null;
    const rest = bytes.subarray(skipped.used);
    const fitting = unframed(skipped.after, rest.subarray(0, bytesMax), nodePlatform);
    const found = fitting.used > 0 ? fitting : unframed(skipped.after, rest, nodePlatform, 1);
    if (found.used === 0) return null;
    const part = new Uint8Array(rest.subarray(0, found.used));
    return { from: skipped.after, bytes: part, after: found.after };
  } finally {
    file.close();
  }
}
