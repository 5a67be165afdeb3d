// The id of a piece of work: a ULID, 48 bits of time and 80 that are drawn, in 26 signs that sort
// by time (github.com/ulid/spec). Whoever places it makes it, and says the same one again where an
// answer did not come. Spec: docs/work.md, "Fields".

import { assert } from '../proto/assert.ts';
import { toCrockford } from '../proto/crockford.ts';

export const ULID_RANDOM_BYTES = 10;

const TIME_BYTES = 6;
const FORM = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export function ulidOf(wallMs: number, random: Uint8Array): string {
  assert(random.length === ULID_RANDOM_BYTES, 'a ULID has 80 random bits');

  const bytes = new Uint8Array(TIME_BYTES + ULID_RANDOM_BYTES);
  let rest = wallMs;
  for (let at = TIME_BYTES - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random, TIME_BYTES);
  return signs(bytes);
}

/** Five bits a sign, from the end: the first sign has three. */
function signs(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  const padded = new Uint8Array(20);
  // 160 bits are 32 signs: the last 26 are the ULID.
  for (let at = 19; value > 0n; at--) {
    padded[at] = Number(value % 256n);
    value /= 256n;
  }
  return toCrockford(padded).slice(-26);
}

export function isUlid(text: string): boolean {
  return FORM.test(text);
}
