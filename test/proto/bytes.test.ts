// Bytes as text: one spelling each, the same as Node's, and every second spelling refused.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concat,
  fromBase64url,
  fromHex,
  isBase64url,
  sameBytes,
  textOf,
  toBase64url,
  toHex,
  utf8,
  utf8Beside,
} from '../../proto/bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const bytes = fc.uint8Array({ maxLength: 100 });

describe('base64url', () => {
  test('is written as Node writes it, and read back', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        const text = toBase64url(some);
        expect(text).toBe(Buffer.from(some).toString('base64url'));
        expect(fromBase64url(text)).toEqual(some);
        expect(isBase64url(text, some.length)).toBe(true);
      }),
    );
  });

  test('has one spelling: whatever is read is what would be written', () => {
    const symbol = fc.constantFrom(...ALPHABET);
    fc.assert(
      fc.property(fc.array(symbol, { maxLength: 50 }), (symbols) => {
        const text = symbols.join('');
        const read = fromBase64url(text);
        if (read !== null) expect(toBase64url(read)).toBe(text);
        // Node reads every one of them, which is why it is not asked.
        else expect(Buffer.from(text, 'base64url').toString('base64url')).not.toBe(text);
      }),
    );
  });

  test('of the last symbols of a 32-byte value only those with zero spare bits are taken', () => {
    const head = toBase64url(new Uint8Array(32)).slice(0, -1);
    const taken = [...ALPHABET].filter((last) => isBase64url(head + last, 32));
    expect(taken).toEqual([...'AEIMQUYcgkosw048']);
    expect([...ALPHABET].filter((last) => fromBase64url(head + last) !== null)).toEqual(taken);
  });

  test.each(['A', 'AAAAA', 'AA==', 'AA=', 'A A', 'AA\n', 'A+', 'A/', 'Aé', 'AB', 'AAB', '😀'])(
    'refuses %s',
    (text) => {
      expect(fromBase64url(text)).toBe(null);
      for (const size of [0, 1, 2, 3, 4]) expect(isBase64url(text, size)).toBe(false);
    },
  );

  test('is of one length for one size', () => {
    fc.assert(
      fc.property(bytes, fc.nat(100), (some, size) => {
        expect(isBase64url(toBase64url(some), size)).toBe(size === some.length);
      }),
    );
  });
});

describe('hex and UTF-8', () => {
  test('are as Node has them', () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'binary' }), (some, text) => {
        expect(toHex(some)).toBe(Buffer.from(some).toString('hex'));
        expect(fromHex(toHex(some))).toEqual(some);
        expect(utf8(text)).toEqual(new Uint8Array(Buffer.from(text)));
        expect(textOf(utf8(text))).toBe(text);
      }),
    );
  });

  test('hex of half a byte or of other symbols is refused', () => {
    for (const text of ['0', '0g', ' 0', '0x00', '00\n']) expect(fromHex(text)).toBe(null);
  });

  test.each([
    ['a lone continuation', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['above the last code point', [0xf4, 0x90, 0x80, 0x80]],
    ['a cut character', [0xe2, 0x82]],
  ])('%s is no text', (_, some) => {
    expect(textOf(Uint8Array.from(some))).toBe(null);
  });

  test('a byte order mark is kept, so that it can be refused', () => {
    expect(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
  });
});

describe('byte strings', () => {
  test('are joined in order, and equal only when all is', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect([...concat(a, b)]).toEqual([...a, ...b]);
        expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(sameBytes(a, a.slice())).toBe(true);
      }),
    );
  });
});

test('texts side by side in one memory stay what they were', () => {
  const texts = ['', 'a', 'é€😀', 'x'.repeat(30_000), 'y'.repeat(70_000)];
  const many = Array.from({ length: 200 }, (_, i) => `${texts[i % texts.length]}${i}`);
  expect(many.map(utf8Beside).map(textOf)).toEqual(many);
});
