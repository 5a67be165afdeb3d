// The code that is read aloud: eight random Crockford symbols and one that checks them, in three
// groups. Only the new machine makes one, and only its console shows it.
// Spec: docs/pairing.md, "The code".

import { assert } from '../proto/assert.ts';
import { textOf, utf8 } from '../proto/bytes.ts';
import { checkSymbol, grouped, readSymbols, writeSymbols } from '../proto/crockford.ts';
import { type Secret, hide, reveal } from '../proto/secret.ts';

/** The symbols that count, and the bytes that one is made from: 32 divides 256, so no bias. */
export const CODE_RANDOM_BYTES = 8;
const CODE_SYMBOLS = CODE_RANDOM_BYTES + 1;
const GROUP_SYMBOLS = 3;
/** Far more than nine symbols with every separator that somebody might type between them. */
const TYPED_CHARS_MAX = 64;

/** What a person has typed so far, for a console that answers every key. */
export type CodeReading =
  /** Good so far: how it would be written, and how many symbols are still to come. */
  | { readonly kind: 'partial'; readonly shown: string; readonly missing: number }
  /** The symbol at this place, from 1, is none of the alphabet. */
  | { readonly kind: 'foreign'; readonly at: number }
  | { readonly kind: 'too-long'; readonly symbols: number }
  /** Nine symbols of which at least one is wrong: nothing was sent, no attempt is used. */
  | { readonly kind: 'mistyped'; readonly shown: string }
  | { readonly kind: 'whole'; readonly shown: string; readonly prs: Secret };

/** The password-related string of a new code: the ASCII of its eight random symbols. */
export function makeCode(random: Uint8Array): Secret {
  assert(random.length === CODE_RANDOM_BYTES, 'a code is made from eight random bytes');
  return hide(utf8(writeSymbols(Array.from(random, (byte) => byte & 31))));
}

/** The code as the console shows it, such as K7Q-M2X-VDS. */
export function showCode(prs: Secret): string {
  const symbols = textOf(reveal(prs)) ?? '';
  const read = readSymbols(symbols);
  assert('values' in read && symbols.length === CODE_RANDOM_BYTES, 'eight symbols are kept');
  return written([...read.values, checkSymbol(read.values)]);
}

export function readCode(typed: string): CodeReading {
  if (typed.length > TYPED_CHARS_MAX) return { kind: 'too-long', symbols: typed.length };
  const read = readSymbols(typed);
  if ('foreignAt' in read) return { kind: 'foreign', at: read.foreignAt };
  const { values } = read;
  const shown = written(values);
  const missing = CODE_SYMBOLS - values.length;
  if (missing > 0) return { kind: 'partial', shown, missing };
  if (missing < 0) return { kind: 'too-long', symbols: values.length };
  const checked = values.slice(0, CODE_RANDOM_BYTES);
  if (checkSymbol(checked) !== values[CODE_RANDOM_BYTES]) return { kind: 'mistyped', shown };
  return { kind: 'whole', shown, prs: hide(utf8(writeSymbols(checked))) };
}

// Half a group stands behind a dash too, which `grouped` would leave with the group before it.
function written(values: readonly number[]): string {
  const whole = values.length - (values.length % GROUP_SYMBOLS);
  const head = grouped(writeSymbols(values.slice(0, whole)), GROUP_SYMBOLS);
  const rest = writeSymbols(values.slice(whole));
  return head !== '' && rest !== '' ? `${head}-${rest}` : head + rest;
}
