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
  return outside(value, 1, { text: textOutsideProfile, ordered: false });
}

interface Look {
  readonly text: (text: string) => string | null;
  /** Whether keys must stand in their order already. */
  readonly ordered: boolean;
}

function outside(value: unknown, depth: number, look: Look): string | null {
  switch (typeof value) {
    case 'string':
      return look.text(value);
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? null
        : 'number is not a safe integer';
    case 'boolean':
      return null;
    case 'object':
      return value === null ? 'null' : containerOutside(value, depth, look);
    default:
      return `a ${typeof value}`;
  }
}

function containerOutside(value: object, depth: number, look: Look): string | null {
  if (depth > JSON_DEPTH_MAX) return 'nested too deep';
  if (Array.isArray(value)) {
    for (const item of value) {
      const why = outside(item, depth + 1, look);
      if (why !== null) return why;
    }
    return null;
  }
  let last = '';
  for (const key of Object.keys(value)) {
    if (!KEY.test(key)) return 'object key';
    if (look.ordered && key <= last) return 'keys out of order';
    last = key;
    const why = outside((value as Record<string, unknown>)[key], depth + 1, look);
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

/**
 * The one text of a value inside the profile. Call `outsideProfile` first on foreign values. With
 * keys in order the platform's own writer gives it, and most of what we write has them so.
 */
export function canonical(value: Json): string {
  return JSON.stringify(inOrder(value));
}

/**
 * The value itself where its keys stand in order, at every depth; what is inside is looked at once.
 */
function inOrder(value: Json): Json {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return listInOrder(value);
  const object = value as JsonObject;
  const keys = Object.keys(object);
  const sorted = inOrderOfText(keys);
  let made: Record<string, Json> | null = sorted === keys ? null : {};
  for (let i = 0; i < sorted.length; i++) {
    const key = sorted[i] as string;
    const before = object[key] as Json;
    const after = inOrder(before);
    if (made === null && after !== before) {
      made = {};
      for (const earlier of sorted.slice(0, i)) made[earlier] = object[earlier] as Json;
    }
    if (made !== null) made[key] = after;
  }
  return made ?? value;
}

function listInOrder(list: readonly Json[]): readonly Json[] {
  let made: Json[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const before = list[i] as Json;
    const after = inOrder(before);
    if (made === null && after !== before) made = list.slice(0, i);
    made?.push(after);
  }
  return made ?? list;
}

/**
 * A text that reads as `value` does, and is the one spelling of what it reads as: `value` is a copy
 * that nobody else holds, of plain data only. Null where that cannot be said without reading it
 * back, which is no refusal: `parseCanonical` of `canonical` then gives the verdict.
 */
export function spelledCopy(value: unknown): { value: Json; text: string } | null {
  const copy = plainCopy(value, 1);
  if (copy === null) return null;
  const text = JSON.stringify(copy);
  return PLAIN_LINE.test(text) ? { value: copy, text } : null;
}

/** Whatever has more to it than the profile's values, or less, gives null. */
function plainCopy(value: unknown, depth: number): Json | null {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return outside(value, depth, CLOSE_LOOK) === null ? value : null;
  if (typeof value !== 'object' || value === null || depth > JSON_DEPTH_MAX) return null;
  // What is neither a list nor a bare object may have a `toJSON`: a date has.
  const kind: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return kind === Array.prototype ? listCopy(value, depth) : null;
  return kind === Object.prototype ? objectCopy(value, depth) : null;
}

function listCopy(value: readonly unknown[], depth: number): readonly Json[] | null {
  const list = value.slice();
  for (let i = 0; i < list.length; i++) {
    const copy = plainCopy(list[i], depth + 1);
    if (copy === null) return null;
    list[i] = copy;
  }
  return list as Json[];
}

function objectCopy(value: object, depth: number): JsonObject | null {
  const object: Record<string, Json> = {};
  for (const key of inOrderOfText(Object.keys(value))) {
    const copy = plainCopy((value as Record<string, unknown>)[key], depth + 1);
    if (copy === null || !KEY.test(key)) return null;
    object[key] = copy;
  }
  return object;
}

function inOrderOfText(keys: readonly string[]): readonly string[] {
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i] as string) <= (keys[i - 1] as string)) return keys.toSorted();
  }
  return keys;
}

// A line of plain ASCII without a backslash holds only strings like that: one look for all of them.
const PLAIN_LINE = /^[\x20-\x5b\x5d-\x7e]*$/;
const PLAIN_LOOK: Look = { text: () => null, ordered: true };
const CLOSE_LOOK: Look = { text: textOutsideProfile, ordered: true };

/**
 * How no JSON text begins. The parser would say so, too, by an exception that takes a hundred times
 * as long: a hostile file may be fifty million such lines.
 */
const NEVER_JSON = /^(?:[^\t\n\r "\-0-9[fnt{]|\{[^\t\n\r "}])/;

/**
 * The value of a canonical text, or why it is none. A parsed object keeps the order of its text, so
 * with keys in order the platform's own writer gives the canonical text, several times as fast.
 */
export function parseCanonical(text: string): { value: Json } | { why: string } {
  if (NEVER_JSON.test(text)) return { why: 'not JSON' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: 'not JSON' };
  }
  const why = outside(value, 1, PLAIN_LINE.test(text) ? PLAIN_LOOK : CLOSE_LOOK);
  if (why !== null) return { why };
  if (JSON.stringify(value) !== text) return { why: 'a second spelling of its value' };
  return { value: value as Json };
}
