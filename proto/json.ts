// Canonical JSON: the one spelling of a value (RFC 8785, narrowed). A text is accepted only if
// writing its value again gives the same text, which refuses duplicate keys, 1e2, -0, escapes,
// spaces and every other second spelling in one comparison. Spec: docs/ledger.md, "Encoding".

import { JSON_DEPTH_MAX } from './limits.ts';
import { isOfKnownCharacters } from './unicode.ts';

export type Json = string | number | boolean | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const KEY = /^[a-z][a-z0-9_]*$/;
const PLAIN_ASCII = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
// C0, C1 and DEL could move a terminal's cursor; bidi controls could make a line read backwards;
// U+2028/9 break lines in some readers. None belongs in a name or a value that people are shown.
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const HALF_PAIR = /\p{Surrogate}/u;

/** Why `value` is outside the profile, or null where it is inside. */
export function outsideProfile(value: unknown): string | null {
  return outside(value, 1, textOutsideProfile);
}

type TextRule = (text: string) => string | null;
const anyText: TextRule = () => null;

function outside(value: unknown, depth: number, text: TextRule): string | null {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? null
        : 'number is not a safe integer';
    case 'boolean':
      return null;
    case 'object':
      return value === null ? 'null' : containerOutside(value, depth, text);
    default:
      return `a ${typeof value}`;
  }
}

function containerOutside(value: object, depth: number, text: TextRule): string | null {
  if (depth > JSON_DEPTH_MAX) return 'nested too deep';
  if (Array.isArray(value)) {
    for (const item of value) {
      const why = outside(item, depth + 1, text);
      if (why !== null) return why;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    if (!KEY.test(key)) return 'object key';
    const why = outside((value as Record<string, unknown>)[key], depth + 1, text);
    if (why !== null) return why;
  }
  return null;
}

export function textOutsideProfile(text: string): string | null {
  if (PLAIN_ASCII.test(text)) return null;
  if (HALF_PAIR.test(text)) return 'text with half a surrogate pair';
  if (FORBIDDEN.test(text)) return 'text with a control or direction character';
  if (!isOfKnownCharacters(text)) return 'text with a character that is not in Unicode 14.0';
  if (text.normalize('NFC') !== text) return 'text that is not in NFC';
  return null;
}

/** The one text of a value inside the profile. Call `outsideProfile` first on foreign values. */
export function canonical(value: Json): string {
  return write(value, quoted);
}

type Quote = (text: string) => string;
const quoted: Quote = (text) => (PLAIN_ASCII.test(text) ? `"${text}"` : JSON.stringify(text));
const quotedPlain: Quote = (text) => `"${text}"`;

function write(value: Json, quote: Quote): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object') return String(value);
  let out = '';
  if (Array.isArray(value)) {
    for (const item of value) out += (out === '' ? '' : ',') + write(item, quote);
    return `[${out}]`;
  }
  const object = value as JsonObject;
  for (const key of sortedKeys(object)) {
    out += `${out === '' ? '' : ','}"${key}":${write(object[key] as Json, quote)}`;
  }
  return `{${out}}`;
}

// Parsed canonical text has its keys in order already, so the sort is nearly always skipped.
function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) >= (keys[i] as string)) return keys.toSorted();
  }
  return keys;
}

// A line of plain ASCII without a backslash holds only strings like that: one look instead of two
// for each string, which is a third of the cost of a line.
const PLAIN_LINE = /^[\x20-\x5b\x5d-\x7e]*$/;

/** The value of a canonical text, or why it is none. */
export function parseCanonical(text: string): { value: Json } | { why: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: 'not JSON' };
  }
  const plain = PLAIN_LINE.test(text);
  const why = outside(value, 1, plain ? anyText : textOutsideProfile);
  if (why !== null) return { why };
  if (write(value as Json, plain ? quotedPlain : quoted) !== text) {
    return { why: 'a second spelling of its value' };
  }
  return { value: value as Json };
}
