// BLAKE2s against published values and against OpenSSL.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blake2s } from '../../proto/blake.ts';
import { fromHex, toHex, utf8 } from '../../proto/bytes.ts';

const counting = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i);

describe('BLAKE2s', () => {
  test('gives the value of RFC 7693, appendix B', () => {
    expect(toHex(blake2s(32, utf8('abc')))).toBe(
      '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
    );
  });

  // From blake2-kat.json of the reference implementation: a key of 00 01 .. 1f.
  test.each([
    [0, '48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49'],
    [1, '40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1'],
    [2, '6bb71300644cd3991b26ccd4d274acd1adeab8b1d7914546c1198bbe9fc9d803'],
  ])('gives the reference value under a key for %d bytes', (size, hash) => {
    expect(toHex(blake2s(32, counting(size), counting(32)))).toBe(hash);
  });

  test('without a key is what OpenSSL computes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const theirs = createHash('blake2s256').update(bytes).digest('hex');
        expect(toHex(blake2s(32, bytes))).toBe(theirs);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  test('of another size is another function, not a shorter text', () => {
    const long = toHex(blake2s(32, utf8('x'), fromHex('00') as Uint8Array));
    expect(long.startsWith(toHex(blake2s(16, utf8('x'), fromHex('00') as Uint8Array)))).toBe(false);
  });
});
