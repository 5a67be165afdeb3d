import { expect, test } from 'vitest';
import { ULID_RANDOM_BYTES, isUlid, ulidOf } from '../../work/ulid.ts';

const bytes = (value: number): Uint8Array => new Uint8Array(ULID_RANDOM_BYTES).fill(value);

test('the moment and the bits stand where others expect them', () => {
  // The example of the specification: 1469918176385 is 01ARYZ6S41.
  expect(ulidOf(1_469_918_176_385, bytes(0))).toBe('01ARYZ6S410000000000000000');
  expect(ulidOf(1_469_918_176_385, bytes(0xff))).toBe('01ARYZ6S41ZZZZZZZZZZZZZZZZ');
  expect(ulidOf(2 ** 48 - 1, bytes(0xff))).toBe(`7${'Z'.repeat(25)}`);
});

test('later ones sort behind', () => {
  const all = [0, 1, 999, 1_800_000_000_000, 1_800_000_000_001].map((ms) => ulidOf(ms, bytes(7)));
  expect(all.toSorted()).toEqual(all);
  expect(all.every(isUlid)).toBe(true);
  expect(isUlid('8ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe(false);
});
