// The output of a piece of work as frames in a chain: each frame's hash is over the hash before it
// and its own bytes, so that the last one stands for all of them. Who has the hash before a frame
// and everything from there on can check it against a receipt. On the disk and on the wire a frame
// is the same bytes. Spec: docs/logs.md.

import { concat, utf8 } from '../proto/bytes.ts';
import type { Platform } from '../proto/platform.ts';
import { FRAME_BYTES_MAX, FRAME_NUMBER_MAX } from './limits.ts';

/** Where output came from; `kith`: what the host itself says of the work. */
export type Source = 'out' | 'err' | 'console' | 'kith';
/** `lost`: output that the host could not keep, counted; `end`: nothing follows. */
export type FrameKind = Source | 'lost' | 'end';

export interface Frame {
  readonly seq: number;
  /** When its first byte came, in ms by the calendar clock of the host. */
  readonly ts: number;
  readonly kind: FrameKind;
  readonly bytes: Uint8Array;
}

/** How much of each source, in bytes. */
export type Counts = Readonly<Record<Source, number>>;

/** A place in the chain: the seq of the frame that comes next, and the hash of all before it. */
export interface Mark {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export interface Framed {
  readonly bytes: Uint8Array;
  readonly after: Mark;
}

/**
 * Bytes are read to their end; they end inside a frame; or what follows is no frame of the chain.
 */
export type Rest = 'none' | 'short' | 'wrong';

export interface Unframed {
  readonly frames: readonly Frame[];
  readonly after: Mark;
  /** How many of the bytes the frames take. */
  readonly used: number;
  readonly rest: Rest;
}

export const SOURCES: readonly Source[] = ['out', 'err', 'console', 'kith'];
const KINDS: readonly FrameKind[] = [...SOURCES, 'lost', 'end'];
export const NO_COUNTS: Counts = { out: 0, err: 0, console: 0, kith: 0 };

/** Length of the content, kind, seq, time. */
const HEAD_BYTES = 4 + 1 + 6 + 6;
/** The start of the frame's hash, behind its content: a torn or a changed frame has another. */
const CHECK_BYTES = 8;
export const HASH_BYTES = 32;
/** What a frame takes beside its content. */
export const FRAME_OVERHEAD_BYTES: number = HEAD_BYTES + CHECK_BYTES;

/** Where every chain begins. */
export function firstMark(platform: Platform): Mark {
  return { seq: 0, hash: platform.sha256(utf8('kith-log-v1\n')) };
}

/** The next frame of a chain as bytes; its seq is that of the mark. */
export function framed(at: Mark, frame: Omit<Frame, 'seq'>, platform: Platform): Framed {
  const { kind, ts, bytes: content } = frame;
  const bytes = new Uint8Array(FRAME_OVERHEAD_BYTES + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  view.setUint8(4, KINDS.indexOf(kind));
  putNumber(view, 5, at.seq);
  putNumber(view, 11, ts);
  bytes.set(content, HEAD_BYTES);
  const end = HEAD_BYTES + content.length;
  const hash = platform.sha256(concat(at.hash, bytes.subarray(0, end)));
  bytes.set(hash.subarray(0, CHECK_BYTES), end);
  return { bytes, after: { seq: at.seq + 1, hash } };
}

/**
 * The frames that bytes begin with, from this mark on, at most so many. Their content is a view of
 * the bytes. A frame counts only where its seq and its hash are those of the chain.
 */
export function unframed(
  from: Mark,
  bytes: Uint8Array,
  platform: Platform,
  framesMax: number = Number.POSITIVE_INFINITY,
): Unframed {
  const frames: Frame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [after, used] = [from, 0];
  const done = (rest: Rest): Unframed => ({ frames, after, used, rest });
  while (used < bytes.length && frames.length < framesMax) {
    if (bytes.length - used < HEAD_BYTES) return done('short');
    const length = view.getUint32(used);
    const kind = KINDS[view.getUint8(used + 4)];
    const seq = numberAt(view, used + 5);
    if (length > FRAME_BYTES_MAX || kind === undefined || seq !== after.seq) return done('wrong');
    const end = used + HEAD_BYTES + length;
    if (end + CHECK_BYTES > bytes.length) return done('short');
    const hash = platform.sha256(concat(after.hash, bytes.subarray(used, end)));
    for (let i = 0; i < CHECK_BYTES; i++) {
      if (bytes[end + i] !== hash[i]) return done('wrong');
    }
    const ts = numberAt(view, used + 11);
    frames.push({ seq, ts, kind, bytes: bytes.subarray(used + HEAD_BYTES, end) });
    [after, used] = [{ seq: seq + 1, hash }, end + CHECK_BYTES];
  }
  return done('none');
}

/** The content of a frame `lost`: as many numbers as there are sources. */
export function lostContent(lost: Counts): Uint8Array {
  const bytes = new Uint8Array(SOURCES.length * 6);
  const view = new DataView(bytes.buffer);
  SOURCES.forEach((source, i) => putNumber(view, i * 6, lost[source]));
  return bytes;
}

/** Null where it is none. */
export function lostIn({ kind, bytes }: Frame): Counts | null {
  if (kind !== 'lost' || bytes.length !== SOURCES.length * 6) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [out = 0, err = 0, console = 0, kith = 0] = SOURCES.map((_, i) => numberAt(view, i * 6));
  return { out, err, console, kith };
}

/** What was written of each source once this frame was: what it holds, or says that it is lost. */
export function countedWith(before: Counts, frame: Frame): Counts {
  const { kind, bytes } = frame;
  if (kind === 'end') return before;
  if (kind !== 'lost') return { ...before, [kind]: before[kind] + bytes.length };
  const lost = lostIn(frame) ?? NO_COUNTS;
  return sumOf(before, lost);
}

export function sumOf(a: Counts, b: Counts): Counts {
  return {
    out: a.out + b.out,
    err: a.err + b.err,
    console: a.console + b.console,
    kith: a.kith + b.kith,
  };
}

export function totalOf({ out, err, console, kith }: Counts): number {
  return out + err + console + kith;
}

/** 48 bits, big-endian: what a double holds exactly. */
export function putNumber(view: DataView, at: number, value: number): void {
  const bounded = Math.min(Math.max(0, Math.floor(value)), FRAME_NUMBER_MAX);
  view.setUint16(at, Math.floor(bounded / 2 ** 32));
  view.setUint32(at + 2, bounded % 2 ** 32);
}

export function numberAt(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}
