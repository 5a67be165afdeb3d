// Bytes and their text forms. One spelling per value: base64url without padding, and a decoder that
// refuses every other spelling of the same bytes (docs/ledger.md, "Values").

// Both are in every JavaScript platform but in no ECMAScript library, so a core names them itself.
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { written: number };
};
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUE_OF = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUE_OF[ALPHABET.charCodeAt(i)] = i;
const CODES = Uint8Array.from(ALPHABET, (symbol) => symbol.charCodeAt(0));
/** Whole groups of three, and few enough to be the arguments of a call. */
const CODES_AT_ONCE = 3_072;

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const SCRATCH_BYTES = 32_768;
const scratch = new Uint8Array(SCRATCH_BYTES);

/**
 * The same, good until the next call: for bytes that are hashed or signed here and now. Memory of
 * their own would cost as much as the hash.
 */
export function utf8ForNow(text: string): Uint8Array {
  // No character takes more than three bytes a unit.
  if (text.length * 3 > SCRATCH_BYTES) return utf8(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

const ROW_BYTES = 65_536;
let row = new Uint8Array(0);
let rowTaken = 0;

/**
 * The same, beside others in memory that they share: for bytes that are read once and let go. Only
 * the bytes themselves may be handed on, never the buffer below them.
 */
export function utf8Beside(text: string): Uint8Array {
  const most = text.length * 3;
  if (most > ROW_BYTES) return utf8(text);
  if (rowTaken + most > row.length) {
    row = new Uint8Array(ROW_BYTES);
    rowTaken = 0;
  }
  const { written } = encoder.encodeInto(text, rowTaken === 0 ? row : row.subarray(rowTaken));
  const start = rowTaken;
  rowTaken += written;
  return row.subarray(start, rowTaken);
}

/** The text, or null where the bytes are not well-formed UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function toBase64url(bytes: Uint8Array): string {
  if (bytes.length <= CODES_AT_ONCE) return symbolsOf(bytes);
  let out = '';
  for (let at = 0; at < bytes.length; at += CODES_AT_ONCE) {
    out += symbolsOf(bytes.subarray(at, at + CODES_AT_ONCE));
  }
  return out;
}

function symbolsOf(bytes: Uint8Array): string {
  const codes: number[] = [];
  let i = 0;
  for (; i + 2 < bytes.length; i += 3) {
    const n =
      ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    codes.push(symbolCode(n >> 18), symbolCode(n >> 12), symbolCode(n >> 6), symbolCode(n));
  }
  const left = bytes.length - i;
  if (left === 1) {
    const n = bytes[i] as number;
    codes.push(symbolCode(n >> 2), symbolCode(n << 4));
  } else if (left === 2) {
    const n = ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
    codes.push(symbolCode(n >> 10), symbolCode(n >> 4), symbolCode(n << 2));
  }
  // In one piece: a text of many small ones costs twice as much, and again where it is looked at.
  return String.fromCharCode(...codes);
}

function symbolCode(bits: number): number {
  return CODES[bits & 63] as number;
}

/** The bytes, or null: a foreign symbol, an impossible length, or bits set past the last byte. */
export function fromBase64url(text: string): Uint8Array | null {
  const tail = text.length % 4;
  if (tail === 1) return null;
  const out = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (VALUE_OF[code] as number) : -1;
    if (value < 0) return null;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  // The unused low bits of the last symbol must be zero, or two texts would mean one value.
  if (bits > 0 && (held & ((1 << bits) - 1)) !== 0) return null;
  return out;
}

/** True where `text` is the one spelling of exactly `size` bytes. Cheaper than decoding. */
export function isBase64url(text: string, size: number): boolean {
  const length = Math.ceil((size * 8) / 6);
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || (VALUE_OF[code] as number) < 0) return false;
  }
  const spare = length * 6 - size * 8;
  return ((VALUE_OF[text.charCodeAt(length - 1)] as number) & ((1 << spare) - 1)) === 0;
}

export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Byte equality of public values. Not for secrets: it stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
