// A tar archive as it comes, cut anywhere: its entries with their names, and what is in them. Names
// out of pax and GNU headers are read; all else in those headers is left alone. Whoever passes an
// archive on writes `raw` and the content again. Format: POSIX.1-2017, "pax".

import { concat, textOf, utf8 } from '../proto/bytes.ts';
import { TAR_TEXT_BYTES_MAX } from './limits.ts';

export type TarPart =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
  readonly size: number;
  /** Its header, and those before it that belong to it. */
  readonly raw: Uint8Array;
}

export interface TarReader {
  /** Null: this is no archive, or one that goes beyond the bounds. */
  take(chunk: Uint8Array): readonly TarPart[] | null;
}

export const TAR_BLOCK = 512;
const SIZE_AT = 124;
const SIZE_CHARS = 12;
const SUM_AT = 148;
const SUM_CHARS = 8;
const TYPE_AT = 156;
const PREFIX_AT = 345;

export function tarReader(): TarReader {
  let held: Uint8Array = new Uint8Array(0);
  let left = 0;
  let padding = 0;
  let extra: { type: string; bytes: Uint8Array } | null = null;
  let before: Uint8Array = new Uint8Array(0);
  let name: string | null = null;

  /** One header; false: it is none. */
  const header = (block: Uint8Array, parts: TarPart[]): boolean => {
    if (block.every((byte) => byte === 0)) return true;
    const size = sizeIn(block);
    if (size === null || sumOf(block) !== octal(block, SUM_AT, SUM_CHARS)) return false;
    const type = String.fromCodePoint(block[TYPE_AT] ?? 0);
    before = concat(before, block);
    left = size;
    padding = paddingOf(size);
    if ('xgLK'.includes(type)) {
      if (size > TAR_TEXT_BYTES_MAX) return false;
      extra = { type, bytes: new Uint8Array(0) };
      return true;
    }
    const entry = { name: name ?? nameIn(block), type: typeOf(type), size, raw: before } as const;
    [before, name] = [new Uint8Array(0), null];
    parts.push({ kind: 'entry', entry });
    if (size === 0) parts.push({ kind: 'end' });
    return true;
  };

  const content = (bytes: Uint8Array, parts: TarPart[]): void => {
    left -= bytes.length;
    if (extra === null) {
      parts.push({ kind: 'bytes', bytes });
      if (left === 0) parts.push({ kind: 'end' });
      return;
    }
    extra.bytes = concat(extra.bytes, bytes);
    if (left > 0) return;
    before = concat(before, extra.bytes, new Uint8Array(padding));
    name = longName(extra.type, extra.bytes) ?? name;
    extra = null;
  };

  return {
    take(chunk) {
      const parts: TarPart[] = [];
      for (let at = 0; at < chunk.length; ) {
        if (left > 0) {
          const part = chunk.subarray(at, at + left);
          at += part.length;
          content(part, parts);
        } else if (padding > 0) {
          const part = Math.min(padding, chunk.length - at);
          at += part;
          padding -= part;
        } else {
          const part = chunk.subarray(at, at + TAR_BLOCK - held.length);
          at += part.length;
          held = concat(held, part);
          if (held.length < TAR_BLOCK) break;
          const block = held;
          held = new Uint8Array(0);
          if (!header(block, parts)) return null;
        }
      }
      return parts;
    },
  };
}

export function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

/** The header of an entry with another size. */
export function resized(raw: Uint8Array, size: number): Uint8Array {
  const copy = raw.slice();
  const block = copy.subarray(copy.length - TAR_BLOCK);
  block.set(utf8(`${size.toString(8).padStart(SIZE_CHARS - 1, '0')}\0`), SIZE_AT);
  block.set(utf8(`${sumOf(block).toString(8).padStart(6, '0')}\0 `), SUM_AT);
  return copy;
}

function typeOf(type: string): TarEntry['type'] {
  if (type === '0' || type === '\0' || type === '7') return 'file';
  return type === '5' ? 'folder' : 'other';
}

function nameIn(block: Uint8Array): string {
  const prefix = textIn(block, PREFIX_AT, 155);
  const short = textIn(block, 0, 100);
  const isUstar = textIn(block, 257, 5) === 'ustar' && block[263] === 0x30;
  return isUstar && prefix !== '' ? `${prefix}/${short}` : short;
}

/** Of a pax header its `path`, of GNU's its whole text; null: it is about something else. */
function longName(type: string, bytes: Uint8Array): string | null {
  if (type === 'L') return textIn(bytes, 0, bytes.length);
  if (type !== 'x') return null;
  let found: string | null = null;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(textIn(bytes, at, space - at));
    if (space < 0 || !Number.isSafeInteger(length) || length <= 0) return found;
    const line = textIn(bytes, space + 1, at + length - 1 - (space + 1));
    if (line.startsWith('path=')) found = line.slice('path='.length);
    at += length;
  }
  return found;
}

/** Null where it is negative or none; GNU writes large ones in base 256. */
function sizeIn(block: Uint8Array): number | null {
  if ((block[SIZE_AT] ?? 0) < 0x80) return octal(block, SIZE_AT, SIZE_CHARS);
  const bytes = block.subarray(SIZE_AT + 1, SIZE_AT + SIZE_CHARS);
  const size = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return (block[SIZE_AT] ?? 0) === 0x80 && Number.isSafeInteger(size) ? size : null;
}

function octal(block: Uint8Array, at: number, chars: number): number | null {
  const text = textIn(block, at, chars).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(`0${text}`, 8) : null;
}

/** Over the header, its own field taken for spaces. */
function sumOf(block: Uint8Array): number {
  return block.reduce(
    (sum, byte, at) => sum + (at >= SUM_AT && at < SUM_AT + SUM_CHARS ? 0x20 : byte),
    0,
  );
}

function textIn(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + Math.max(0, length));
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end)) ?? '';
}
