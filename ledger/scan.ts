// Bytes into lines, in bounded memory: split on 0x0A and on nothing else, whatever the chunks are.
// A line that is too long is counted, never kept, so that ten gigabytes without a newline cost as
// much as ten bytes. Also the pure half of recovery: what a broken line is, and what it still says.
// Spec: docs/ledger.md, "The file".

import { type Key, isKey } from '../proto/ids.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import type { RefusalCode } from './refusals.ts';

const NEWLINE = 0x0a;

export interface ScannedLine {
  /** From 1, as editors count. */
  readonly number: number;
  /** Of its first byte in the file. */
  readonly offset: number;
  /** Without its newline. */
  readonly length: number;
  /** Null where it is too long to be a record. A view: copy it to keep it past the chunk's life. */
  readonly bytes: Uint8Array | null;
}

export interface Scan {
  /** Of the next byte in the file. */
  offset: number;
  number: number;
  /** The line begun: how long it is so far, and its first bytes. */
  begun: number;
  readonly carry: Uint8Array;
}

export function startScan(offset = 0, number = 1): Scan {
  // One byte more than a record may have, so that "too long" is seen without keeping more.
  return { offset, number, begun: 0, carry: new Uint8Array(LINE_BYTES_MAX + 1) };
}

/** The lines that end inside this chunk. */
export function scanChunk(scan: Scan, chunk: Uint8Array): ScannedLine[] {
  const lines: ScannedLine[] = [];
  let from = 0;
  for (;;) {
    const end = chunk.indexOf(NEWLINE, from);
    if (end === -1) break;
    const length = scan.begun + end - from;
    lines.push({
      number: scan.number++,
      offset: scan.offset - scan.begun,
      length,
      bytes: length > LINE_BYTES_MAX ? null : wholeLine(scan, chunk.subarray(from, end)),
    });
    scan.offset += end + 1 - from;
    scan.begun = 0;
    from = end + 1;
  }
  carryOver(scan, chunk.subarray(from));
  return lines;
}

function wholeLine(scan: Scan, end: Uint8Array): Uint8Array {
  if (scan.begun === 0) return end;
  const line = new Uint8Array(scan.begun + end.length);
  line.set(scan.carry.subarray(0, scan.begun));
  line.set(end, scan.begun);
  return line;
}

function carryOver(scan: Scan, rest: Uint8Array): void {
  const room = scan.carry.length - scan.begun;
  if (room > 0) scan.carry.set(rest.length > room ? rest.subarray(0, room) : rest, scan.begun);
  scan.begun += rest.length;
  scan.offset += rest.length;
}

/** What stands after the last newline: a line whose writer did not finish, or null. */
export function tornTail(scan: Scan): ScannedLine | null {
  if (scan.begun === 0) return null;
  const bytes = scan.begun > LINE_BYTES_MAX ? null : scan.carry.slice(0, scan.begun);
  return { number: scan.number, offset: scan.offset - scan.begun, length: scan.begun, bytes };
}

// Which refusals say that the bytes are not what their author wrote. The others speak of a whole
// record that has no place here, or not yet.
const DAMAGE: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'empty',
  'too-long',
  'not-utf8',
  'not-canonical',
  'bad-shape',
  'bad-body',
  'bad-key',
  'bad-signature',
  'bad-proof',
]);

/** True where a line refused with this code, found in our own file, is rot. */
export function isDamage(code: RefusalCode): boolean {
  return DAMAGE.has(code);
}

/** What a damaged line says of itself. A hint for what to fetch: nothing in it is believed. */
export interface Claims {
  readonly author?: Key;
  readonly seq?: number;
}

const AUTHOR = /"author":"([A-Za-z0-9_-]{43})"/;
const SEQ = /"seq":([0-9]{1,15}),"sig":/;

/** Reads a damaged line byte by byte as Latin-1: one flipped byte leaves the rest readable. */
export function claimsOf(bytes: Uint8Array): Claims {
  let text = '';
  for (const byte of bytes.subarray(0, LINE_BYTES_MAX)) text += String.fromCharCode(byte);
  const author = AUTHOR.exec(text)?.[1];
  const seq = SEQ.exec(text)?.[1];
  return {
    ...(author !== undefined && isKey(author) ? { author } : {}),
    ...(seq === undefined ? {} : { seq: Number(seq) }),
  };
}
