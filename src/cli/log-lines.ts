// A log as JSON, a document a line: where it begins, then each frame, from which the chain of
// hashes is computed again. Spec: docs/logs.md, "Saved".

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fromBase64url, sameBytes, toBase64url } from '../../proto/bytes.ts';
import { type Digest, ID_BYTES, isDigest } from '../../proto/ids.ts';
import {
  type Frame,
  type FrameKind,
  type Mark,
  SOURCES,
  firstMark,
  framed,
} from '../../work/frames.ts';
import { FRAME_BYTES_MAX } from '../../work/limits.ts';
import { nodePlatform } from '../platform.ts';
import { plainFile } from './file.ts';
import { stop } from './sentences.ts';

export interface LogRead {
  readonly hash: Digest;
  /** The first frame; above 0 what was before it stands in the hash alone. */
  readonly from: number;
  readonly next: number;
  readonly ended: boolean;
}

export function frameLine({ seq, ts, kind, bytes }: Frame): object {
  return { seq, ts, kind, bytes: toBase64url(bytes) };
}

/** The mark that a log begins at; null: it is none, as far as anybody can tell. */
export function startMark(seq: unknown, hash: unknown): Mark | null {
  const bytes = typeof hash === 'string' && isDigest(hash) ? fromBase64url(hash) : null;
  if (bytes?.length !== ID_BYTES || !isCount(seq)) return null;
  const first = firstMark(nodePlatform);
  if (seq === 0 && !sameBytes(bytes, first.hash)) return null;
  return { seq, hash: bytes };
}

/** A saved log, hashed anew from its frames. */
export async function readLogFile(path: string): Promise<LogRead> {
  const lines = createInterface({ input: createReadStream(plainFile(path)), crlfDelay: Infinity });
  let mark: Mark | null = null;
  let [from, number, ended] = [0, 0, false];
  for await (const line of lines) {
    number++;
    const wrong = (): never => stop('log-unreadable', `${path}, line ${number}`);
    const said = objectIn(line) ?? wrong();
    if (mark === null) {
      mark = startMark(said['seq'], said['hash']) ?? wrong();
      from = mark.seq;
    } else if ('kind' in said) {
      const frame: Omit<Frame, 'seq'> = frameIn(said, mark.seq) ?? wrong();
      if (ended) wrong();
      mark = framed(mark, frame, nodePlatform).after;
      ended = frame.kind === 'end';
    } else if (!('ended' in said)) wrong();
  }
  if (mark === null) return stop('log-unreadable', `${path} is empty`);
  return { from, next: mark.seq, ended, hash: toBase64url(mark.hash) as Digest };
}

const KINDS: ReadonlySet<unknown> = new Set<FrameKind>([...SOURCES, 'lost', 'end']);

function frameIn(said: Readonly<Record<string, unknown>>, next: number): Omit<Frame, 'seq'> | null {
  const { seq, ts, kind, bytes: text } = said;
  const bytes = typeof text === 'string' ? fromBase64url(text) : null;
  if (seq !== next || !isCount(ts) || !KINDS.has(kind)) return null;
  if (bytes === null || bytes.length > FRAME_BYTES_MAX) return null;
  return { ts, kind: kind as FrameKind, bytes };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
