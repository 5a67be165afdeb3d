import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import { readSymbols } from '../../proto/crockford.ts';
import { fingerprint } from '../../proto/fingerprint.ts';
import type { Key } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';

const key = (fill: number): Key => toBase64url(new Uint8Array(32).fill(fill)) as Key;

test('a fingerprint is four groups of four symbols that a person can read out', () => {
  expect(fingerprint(key(7), nodePlatform)).toMatch(
    /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/,
  );
});

test('a fingerprint is the first 80 bits of a labelled SHA-256 over the key', () => {
  const digest = createHash('sha256')
    .update('kith-fingerprint-v1\n')
    .update(new Uint8Array(32).fill(7));
  const bits = [...digest.digest().subarray(0, 10)]
    .map((b) => b.toString(2).padStart(8, '0'))
    .join('');
  const values = (bits.match(/.{5}/g) ?? []).map((five) => Number.parseInt(five, 2));
  expect(readSymbols(fingerprint(key(7), nodePlatform))).toEqual({ values });
});

test('two keys have two fingerprints', () => {
  const all = new Set(Array.from({ length: 256 }, (_, i) => fingerprint(key(i), nodePlatform)));
  expect(all.size).toBe(256);
});
