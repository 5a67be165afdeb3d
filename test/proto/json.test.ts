// The canonical profile: one text for one value, and every other text of it refused.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonical,
  type Json,
  outsideProfile,
  parseCanonical,
  textOutsideProfile,
} from '../../proto/json.ts';
import { JSON_DEPTH_MAX } from '../../proto/limits.ts';

const text = fc.string({ unit: 'grapheme' }).filter((one) => textOutsideProfile(one) === null);
const key = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const value = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: JSON_DEPTH_MAX - 1 },
    text,
    fc.maxSafeInteger().map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.boolean(),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).json;

function why(line: string): string | null {
  const parsed = parseCanonical(line);
  return 'why' in parsed ? parsed.why : null;
}

describe('canonical JSON', () => {
  test('is read back as the value it was written from, and written again the same', () => {
    fc.assert(
      fc.property(value, (one) => {
        fc.pre(outsideProfile(one) === null);
        const line = canonical(one);
        const parsed = parseCanonical(line);
        expect(parsed).toEqual({ value: one });
        if ('value' in parsed) expect(canonical(parsed.value)).toBe(line);
      }),
    );
  });

  test('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(key, text, { maxKeys: 6 }), fc.nat(), (object, seed) => {
        const entries = Object.entries(object);
        const turned = entries.map(
          (_, i) => entries[(i + seed) % entries.length] as [string, Json],
        );
        expect(canonical(Object.fromEntries(turned.toReversed()))).toBe(canonical(object));
      }),
    );
  });

  test('agrees with the platform wherever both have one spelling', () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(canonical([one])).toBe(JSON.stringify([one]));
      }),
    );
  });

  test('a space or newline anywhere makes another value, or none', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(' ', '\n', '\t', '\r'), fc.nat(), (one, space, at) => {
        fc.pre(outsideProfile(one) === null);
        const line = canonical(one);
        const where = at % (line.length + 1);
        const other = line.slice(0, where) + space + line.slice(where);
        expect(parseCanonical(other)).not.toEqual({ value: one });
      }),
    );
  });

  test.each([
    ['a duplicate key', '{"a":1,"a":2}'],
    ['the same key twice with one value', '{"a":1,"a":1}'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['an exponent', '[1e2]'],
    ['a capital exponent', '[1E2]'],
    ['a fraction of zero', '[1.0]'],
    ['a fraction', '[1.5]'],
    ['minus zero', '[-0]'],
    ['a leading zero', '[01]'],
    ['a plus', '[+1]'],
    ['an integer above the safe range', '[9007199254740993]'],
    ['an integer that rounds into the safe range', '[9007199254740990.6]'],
    ['an integer below the safe range', '[-9007199254740993]'],
    ['a number that overflows', '[1e999]'],
    ['an escaped letter', '["\\u0061"]'],
    ['an escaped slash', '["\\/"]'],
    ['an escape in capitals', '["\\u00E9"]'],
    ['a quotation mark by number', '["\\u0022"]'],
    ['a space after a colon', '{"a": 1}'],
    ['a space before the end', '[1] '],
    ['a byte order mark', '\ufeff[1]'],
    ['a newline inside', '[1,\n2]'],
    ['null', '[null]'],
    ['a bare null', 'null'],
    ['a comment', '[1/*x*/]'],
    ['a comma at the end', '[1,]'],
    ['two values', '1 2'],
    ['nothing', ''],
    ['a key with a capital', '{"A":1}'],
    ['an empty key', '{"":1}'],
    ['a key that starts with a digit', '{"1a":1}'],
    ['the key __proto__', '{"__proto__":1}'],
    ['an escaped key', '{"\\u0061":1}'],
    ['half a pair, high', '["\\ud83d"]'],
    ['half a pair, low', '["\\ude00"]'],
    ['half a pair, raw', '["\ud83d"]'],
    ['a pair by number', '["\\ud83d\\ude00"]'],
    ['two halves the wrong way round', '["\ude00\ud83d"]'],
    ['a letter and its accent apart (not NFC)', '["e\u0301"]'],
    ['a compatibility spelling of a letter (not NFC)', '["\u212b"]'],
    ['accents out of order (not NFC)', '["a\u0301\u0323"]'],
    ['a control character', '["\u0007"]'],
    ['an escaped control character', '["\\u0007"]'],
    ['a tab', '["\\t"]'],
    ['a newline in a text', '["\\n"]'],
    ['DEL', '["\u007f"]'],
    ['a C1 control character', '["\u009b"]'],
    ['a line separator', '["\u2028"]'],
    ['a byte order mark in a text', '["\ufeff"]'],
    ['a character newer than the format', '["\u0897"]'],
    ['two characters that a newer platform would compose', '["\u{105d2}\u0307"]'],
    ['a code point that is no character', '["\ufffe"]'],
  ])('refuses %s', (_, line) => {
    expect(why(line)).not.toBe(null);
  });

  test.each([
    0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ])('refuses the direction control U+%s', (codePoint) => {
    expect(why(JSON.stringify([`a${String.fromCodePoint(codePoint)}b`]))).toContain('direction');
  });

  test.each([
    '{}',
    '[]',
    '""',
    '0',
    '-1',
    '9007199254740991',
    '-9007199254740991',
    '{"a":1,"a0":2,"a_":3,"b":4}',
    '["\\"","\\\\","/"]',
    '["é","Ω","中","😀","שלום","नि"]',
    '[true,false]',
    '{"constructor":1}',
  ])('accepts %s', (line) => {
    expect(why(line)).toBe(null);
  });

  test(`accepts a depth of ${JSON_DEPTH_MAX} and refuses one more, in arrays and in objects`, () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    const boxed = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const write of [nested, boxed]) {
      expect(why(write(JSON_DEPTH_MAX))).toBe(null);
      expect(why(write(JSON_DEPTH_MAX + 1))).toBe('nested too deep');
    }
  });

  test('a text nested a hundred thousand times is refused and no more', () => {
    expect(why('['.repeat(100_000) + ']'.repeat(100_000))).toBe('nested too deep');
    expect(why('['.repeat(100_000))).toBe('not JSON');
  });

  test('what no JSON text can hold is outside the profile', () => {
    for (const odd of [undefined, 1n, Number.NaN, Infinity, () => 1, Symbol('x'), [undefined]]) {
      expect(outsideProfile(odd)).not.toBe(null);
    }
  });
});

test('what is turned away by its first characters is what the parser turns away', () => {
  const begins = fc.string({ unit: 'binary', maxLength: 3 });
  const ends = fc.constantFrom('', '"a":1}', '}', '1', 'rue', 'ull', '"', ']', ' {}', '\n[]');
  fc.assert(
    fc.property(begins, ends, (begin, end) => {
      const line = begin + end;
      let isJson = true;
      try {
        JSON.parse(line);
      } catch {
        isJson = false;
      }
      const parsed = parseCanonical(line);
      expect('why' in parsed && parsed.why === 'not JSON').toBe(!isJson);
    }),
    { numRuns: 2_000 },
  );
});
