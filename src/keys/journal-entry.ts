// The entries of a journal as bytes: "\n" length " " line "\n", the length in bytes. The line binds
// the journal to a key, a machine and this very file, or it is a record. What a torn write left is
// shorter than its length says; anything else that does not read is damage.

import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import { type Decoded, decodeText, signedBytes } from '../../ledger/record.ts';
import { isObject } from '../../ledger/schema.ts';
import { fromBase64url, textOf, utf8 } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../../proto/json.ts';
import type { Platform } from '../../proto/platform.ts';

const FORMAT = 'kith-journal-v1';
const LF = 0x0a;
const SPACE = 0x20;
const LENGTH = /^[0-9]{0,5}$/;
/** What is read to see one entry: its length, a line and a newline. */
export const ENTRY_BYTES_MAX: number = LINE_BYTES_MAX + 8;

export interface Binding {
  readonly key: Json | undefined;
  readonly machine: Json | undefined;
  readonly file: Json | undefined;
}
export type Entry =
  | { readonly kind: 'binding'; readonly binding: Binding }
  | { readonly kind: 'record'; readonly record: Decoded }
  | { readonly kind: 'torn' }
  | { readonly kind: 'damage' };

export function entryBytes(lines: readonly string[]): Uint8Array {
  return utf8(lines.map((line) => `\n${utf8(line).length} ${line}\n`).join(''));
}

export function bindingLine(key: Key, machine: Digest, file: string): string {
  return canonical({ journal: FORMAT, key, machine, file });
}

/** What stands between two newlines, or after the last; an empty piece is no entry. */
export function readEntry(platform: Platform, piece: Uint8Array): Entry {
  const space = piece.indexOf(SPACE);
  const length = textOf(space < 0 ? piece : piece.subarray(0, space)) ?? '';
  const content = space < 0 ? new Uint8Array() : piece.subarray(space + 1);
  const line = textOf(content) ?? '';
  const binding = bindingOf(line);
  if (binding !== null) return { kind: 'binding', binding };
  const record = recordOf(platform, line);
  if (record !== null) return { kind: 'record', record };
  const isShort = space < 0 || content.length < Number(length);
  return { kind: LENGTH.test(length) && isShort ? 'torn' : 'damage' };
}

/** Every piece of the bytes that is not empty, with its place, and where the last newline ends. */
export function piecesOf(bytes: Uint8Array): { pieces: [number, Uint8Array][]; ended: number } {
  const pieces: [number, Uint8Array][] = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    if (end > start) pieces.push([start, bytes.subarray(start, end)]);
    start = end + 1;
  }
  if (start < bytes.length) pieces.push([start, bytes.subarray(start)]);
  return { pieces, ended: start };
}

function bindingOf(line: string): Binding | null {
  const parsed = parseCanonical(line);
  if ('why' in parsed || !isObject(parsed.value)) return null;
  const { journal, key, machine, file } = parsed.value;
  return journal === FORMAT ? { key, machine, file } : null;
}

/** A record that its author really signed: a changed line would be refused everywhere. */
function recordOf(platform: Platform, line: string): Decoded | null {
  const decoded = decodeText(line, platform);
  if (!decoded.ok) return null;
  const { author, unsigned, sig } = decoded.value;
  const [key, signature] = [fromBase64url(author), fromBase64url(sig)];
  const message = signedBytes(unsigned);
  return verdict(platform, key as Uint8Array, message, signature as Uint8Array)
    ? decoded.value
    : null;
}
