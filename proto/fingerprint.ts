// A key as people compare it: four groups of four symbols, 80 bits of SHA-256 over the key. To make
// a second key with a given fingerprint takes 2^80 tries. Spec: docs/keys.md, "Fingerprints".

import { assert } from './assert.ts';
import { concat, fromBase64url, utf8 } from './bytes.ts';
import { grouped, toCrockford } from './crockford.ts';
import { KEY_BYTES, type Key } from './ids.ts';
import type { Platform } from './platform.ts';

const LABEL = utf8('kith-fingerprint-v1\n');
const FINGERPRINT_BYTES = 10;

export function fingerprint(key: Key, platform: Platform): string {
  const bytes = fromBase64url(key);
  assert(bytes !== null && bytes.length === KEY_BYTES, 'a Key is 32 bytes');
  const digest = platform.sha256(concat(LABEL, bytes));
  return grouped(toCrockford(digest.subarray(0, FINGERPRINT_BYTES)), 4);
}
