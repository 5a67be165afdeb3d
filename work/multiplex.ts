// The stream of an engine's output: frames of a header of eight bytes, whose first says which
// stream it is and whose last four how long it is, and their content. Cut anywhere on its way.
// With time stamps each frame is one line or a part of one, behind the moment that it came.

import { concat } from '../proto/bytes.ts';
import { ENGINE_FRAME_BYTES_MAX } from './limits.ts';

export type Side = 'out' | 'err';

export interface Piece {
  readonly side: Side;
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const SPACE = 0x20;

/** Takes the stream as it comes; what belongs to whole frames, and parts of them, goes out. */
export interface Splitter {
  /** Null: this is no such stream, and nothing after it can be believed. */
  take(chunk: Uint8Array): readonly Piece[] | null;
}

/** `whole`: only frames in one piece, for those that begin with a time stamp. */
export function splitter(whole: boolean): Splitter {
  let header: Uint8Array = new Uint8Array(0);
  let side: Side = 'out';
  let left = 0;
  let held: Uint8Array[] = [];

  const content = (bytes: Uint8Array, pieces: Piece[]): void => {
    left -= bytes.length;
    if (!whole) return void pieces.push({ side, bytes });
    held.push(bytes);
    if (left > 0) return;
    pieces.push({ side, bytes: concat(...held) });
    held = [];
  };

  return {
    take(chunk) {
      const pieces: Piece[] = [];
      for (let at = 0; at < chunk.length; ) {
        if (left > 0) {
          const part = chunk.subarray(at, at + left);
          at += part.length;
          content(part, pieces);
          continue;
        }
        const part = chunk.subarray(at, at + HEADER_BYTES - header.length);
        at += part.length;
        header = concat(header, part);
        if (header.length < HEADER_BYTES) break;
        const view = new DataView(header.buffer, header.byteOffset);
        left = view.getUint32(4);
        if ((header[0] ?? 9) > 2 || left > ENGINE_FRAME_BYTES_MAX) return null;
        side = header[0] === 2 ? 'err' : 'out';
        header = new Uint8Array(0);
      }
      return pieces;
    },
  };
}

/** A frame with the moment in front of it; null where there is none. */
export function stamped(bytes: Uint8Array): { atMs: number; bytes: Uint8Array } | null {
  const end = bytes.indexOf(SPACE);
  if (end < 0) return null;
  const atMs = Date.parse(String.fromCodePoint(...bytes.subarray(0, Math.min(end, 64))));
  return Number.isNaN(atMs) ? null : { atMs, bytes: bytes.subarray(end + 1) };
}
