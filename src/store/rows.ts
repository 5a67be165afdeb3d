// The rows of the index: how its keys and values are spelled in bytes.
//
//   m                          -> the mark: bytes, sha256 of that prefix, records
//   a  number(4)               -> author key (32), highest seq (4)
//   p  author(4) seq(4)        -> one place per branch: id (32), offset (6), length (2)
//   i  id (32)                 -> author(4) seq(4)

import { type Key, type RecordId } from '../../proto/ids.ts';
import type { Put } from './kv.ts';

export interface Place {
  readonly id: RecordId;
  readonly offset: number;
  /** Of the line, newline excluded. */
  readonly length: number;
}

/** What the index knows of the file: all of this prefix that is held. */
export interface Mark {
  readonly bytes: number;
  readonly sha256: string;
  readonly records: number;
}

/** Raised when a row changes its meaning: an index of another format is made anew. */
const FORMAT = 1;
export const MARK_KEY: Uint8Array = Buffer.from('m');
export const AUTHOR_ROWS: number = 'a'.charCodeAt(0);
const PLACE_ROWS = 'p'.charCodeAt(0);
const ID_ROWS = 'i'.charCodeAt(0);
const PLACE_BYTES = 40;
const ID_BYTES = 32;
/** (author number, seq) as one exact integer: number * SEQ_SPAN + seq. */
export const SEQ_SPAN: number = 2 ** 32;

export function markRow(mark: Mark | null): Put {
  return { key: MARK_KEY, value: Buffer.from(JSON.stringify({ format: FORMAT, mark })) };
}

export function markOfRow(value: Uint8Array): Mark | null {
  const row = JSON.parse(viewOf(value).toString()) as { format: number; mark: Mark | null };
  return row.format === FORMAT ? row.mark : null;
}

export function authorRow(author: { number: number; key: Key; highest: number }): Put {
  const key = Buffer.allocUnsafe(5);
  key[0] = AUTHOR_ROWS;
  key.writeUInt32BE(author.number, 1);
  const value = Buffer.allocUnsafe(ID_BYTES + 4);
  value.write(author.key, 0, 'base64url');
  value.writeUInt32BE(author.highest, ID_BYTES);
  return { key, value };
}

export function authorOfRow(value: Uint8Array): { key: Key; highest: number } {
  const view = viewOf(value);
  const key = view.toString('base64url', 0, ID_BYTES) as Key;
  return { key, highest: view.readUInt32BE(ID_BYTES) };
}

export function placeKey(author: number, seq: number): Uint8Array {
  const key = Buffer.allocUnsafe(9);
  key[0] = PLACE_ROWS;
  key.writeUInt32BE(author, 1);
  key.writeUInt32BE(seq, 5);
  return key;
}

export function placeRow(author: number, seq: number, places: readonly Place[]): Put {
  const value = Buffer.allocUnsafe(places.length * PLACE_BYTES);
  places.forEach(({ id, offset, length }, i) => {
    const at = i * PLACE_BYTES;
    value.write(id, at, 'base64url');
    value.writeUIntBE(offset, at + ID_BYTES, 6);
    value.writeUInt16BE(length, at + ID_BYTES + 6);
  });
  return { key: placeKey(author, seq), value };
}

export function placesOfRow(value: Uint8Array | undefined): Place[] {
  if (value === undefined) return [];
  const view = viewOf(value);
  const places: Place[] = [];
  for (let at = 0; at < view.length; at += PLACE_BYTES) {
    places.push({
      id: view.toString('base64url', at, at + ID_BYTES) as RecordId,
      offset: view.readUIntBE(at + ID_BYTES, 6),
      length: view.readUInt16BE(at + ID_BYTES + 6),
    });
  }
  return places;
}

export function idKey(id: RecordId): Uint8Array {
  const key = Buffer.allocUnsafe(1 + ID_BYTES);
  key[0] = ID_ROWS;
  key.write(id, 1, 'base64url');
  return key;
}

export function idRow(id: RecordId, at: number): Put {
  const value = Buffer.allocUnsafe(8);
  value.writeUInt32BE(Math.floor(at / SEQ_SPAN), 0);
  value.writeUInt32BE(at % SEQ_SPAN, 4);
  return { key: idKey(id), value };
}

export function numberOfRow(value: Uint8Array | undefined): number | undefined {
  if (value === undefined) return undefined;
  const view = viewOf(value);
  return view.readUInt32BE(0) * SEQ_SPAN + view.readUInt32BE(4);
}

function viewOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}
