// The frozen set of characters: exactly what Unicode 14.0 holds, so that every platform judges a
// text alike, whatever version it knows itself.

import { describe, expect, test } from 'vitest';
import { isOfKnownCharacters } from '../../proto/unicode.ts';

describe('the known characters', () => {
  // From the Unicode Character Database 14.0: code points with a general category other than Cn.
  test('are as many as Unicode 14.0 has', () => {
    let known = 0;
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (isOfKnownCharacters(String.fromCodePoint(codePoint))) known += 1;
    }
    // 144,697 characters as its release names them, and 65 controls, 137,468 for private use, 2,048
    // surrogates.
    expect(known).toBe(144_697 + 65 + 137_468 + 2_048);
  });

  test('are all known to this platform, which is newer', () => {
    const unknown: string[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (/\p{Cn}/u.test(character) && isOfKnownCharacters(character)) unknown.push(character);
    }
    expect(unknown).toEqual([]);
  });

  test.each([
    ['U+0870, of 14.0', 0x0870, true],
    ['U+1FAE0, an emoji of 14.0', 0x1fae0, true],
    ['U+1FAE8, an emoji of 15.0', 0x1fae8, false],
    ['U+0897, an accent of 16.0', 0x0897, false],
    ['U+105C9, a letter of 16.0 that is composed of two', 0x105c9, false],
    ['U+FFFF, no character', 0xffff, false],
    ['the first code point', 0, true],
    ['the last code point, no character', 0x10ffff, false],
    ['the one before the first gap', 0x0377, true],
    ['the first gap', 0x0378, false],
    ['its last', 0x0379, false],
    ['the one behind it', 0x037a, true],
  ])('%s: %s is %s', (_, codePoint, known) => {
    expect(isOfKnownCharacters(`a${String.fromCodePoint(codePoint)}b`)).toBe(known);
  });
});
