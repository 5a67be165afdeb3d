// What people copy by hand: Crockford's 32 symbols, read forgivingly, and one check symbol that
// catches every single wrong symbol and every swap of two.
// Spec: docs/keys.md, "The recovery secret".

import { base32crockford } from '@scure/base';
import { assert } from './assert.ts';

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
// Dashes of every width and all white space: what a sheet, a mail or an editor puts between groups.
const SEPARATORS = /[\s\p{Pd}]/gu;

const VALUE_OF = new Map<string, number>([...SYMBOLS].map((symbol, value) => [symbol, value]));
// What a hand writes for 0 and 1.
for (const [lookalike, value] of [
  ['O', 0],
  ['I', 1],
  ['L', 1],
] as const) {
  VALUE_OF.set(lookalike, value);
}

/** The symbols of a text as values 0..31, or the place (from 1) of the first that is none. */
export function readSymbols(text: string): { values: number[] } | { foreignAt: number } {
  const values: number[] = [];
  for (const symbol of text.replaceAll(SEPARATORS, '')) {
    const value = VALUE_OF.get(symbol.toUpperCase());
    if (value === undefined) return { foreignAt: values.length + 1 };
    values.push(value);
  }
  return { values };
}

export function writeSymbols(values: readonly number[]): string {
  return values.map((value) => SYMBOLS[value]).join('');
}

/** `sizes` symbols to a group; what is left over joins the last group. */
export function grouped(symbols: string, sizes: number): string {
  const groups: string[] = [];
  for (let at = 0; at + sizes <= symbols.length; at += sizes) {
    groups.push(symbols.slice(at, at + sizes));
  }
  const rest = symbols.slice(groups.length * sizes);
  return groups.join('-') + rest;
}

// The powers of alpha repeat after 31, so beyond this two places would have one weight.
const CHECKED_SYMBOLS_MAX = 30;

/**
 * The check symbol: the sum of alpha^(n-i) * s_i over GF(32), alpha a root of x^5 + x^2 + 1. All
 * weights differ and none is 0 or the check's own 1, hence what it catches.
 */
export function checkSymbol(values: readonly number[]): number {
  assert(values.length <= CHECKED_SYMBOLS_MAX, 'a check symbol covers at most 30 symbols');
  let sum = 0;
  for (const value of values) {
    sum = (sum ^ value) << 1;
    if (sum & 0x20) sum ^= 0x25;
  }
  return sum;
}

export function toCrockford(bytes: Uint8Array): string {
  return base32crockford.encode(bytes);
}

/** The bytes, or null: a foreign symbol, an impossible length, or bits set past the last byte. */
export function fromCrockford(text: string): Uint8Array | null {
  const read = readSymbols(text);
  if ('foreignAt' in read) return null;
  try {
    return base32crockford.decode(writeSymbols(read.values));
  } catch {
    return null;
  }
}
