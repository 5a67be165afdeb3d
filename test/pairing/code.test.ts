// The code that is read aloud, and what a console says of every key that is typed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CodeReading, makeCode, readCode, showCode } from '../../pairing/code.ts';
import { textOf } from '../../proto/bytes.ts';
import { reveal } from '../../proto/secret.ts';

const random = fc.uint8Array({ minLength: 8, maxLength: 8 });
const ZERO = makeCode(new Uint8Array(8));
const CODE = makeCode(Uint8Array.from([19, 7, 23, 20, 2, 29, 27, 13]));

function prsOf(reading: CodeReading): string | null {
  return reading.kind === 'whole' ? textOf(reveal(reading.prs)) : null;
}

describe('a code', () => {
  test('is eight symbols and one that checks them, in three groups', () => {
    expect(showCode(CODE)).toMatch(/^K7Q-M2X-VD[0-9A-Z]$/);
    expect(textOf(reveal(CODE))).toBe('K7QM2XVD');
    expect(showCode(ZERO)).toBe('000-000-000');
  });

  test('takes five bits of each byte, so that every code is as likely as any other', () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const [symbol = ''] = showCode(makeCode(new Uint8Array(8).fill(byte)));
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 32 }, () => 8));
  });

  test('is read as it was shown, in any case and with any separators', () => {
    fc.assert(
      fc.property(
        random,
        fc.constantFrom('-', ' ', '', '–', '\t'),
        fc.boolean(),
        (bytes, by, low) => {
          const code = makeCode(bytes);
          const text = showCode(code).replaceAll('-', by);
          expect(prsOf(readCode(low ? text.toLowerCase() : text))).toBe(textOf(reveal(code)));
        },
      ),
    );
  });

  test('forgives O for 0 and I or L for 1', () => {
    const ones = makeCode(new Uint8Array(8).fill(1));
    const [shown] = [showCode(ones)];
    expect(prsOf(readCode(shown.replace('1', 'l').replace('1', 'I')))).toBe('11111111');
    expect(prsOf(readCode('ooo-OoO-o00'))).toBe('00000000');
  });

  test('with one wrong symbol or two swapped is told from a right one, at no cost', () => {
    fc.assert(
      fc.property(random, fc.nat(8), fc.nat(30), fc.nat(8), (bytes, at, by, other) => {
        const symbols = [...showCode(makeCode(bytes)).replaceAll('-', '')];
        const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
        const changed = [...symbols];
        const place = alphabet.indexOf(changed[at] as string);
        changed[at] = alphabet[(place + 1 + by) % 32] as string;
        expect(readCode(changed.join('')).kind).toBe('mistyped');
        const swapped = [...symbols];
        [swapped[at], swapped[other]] = [symbols[other] as string, symbols[at] as string];
        const isSame = symbols[at] === symbols[other];
        expect(readCode(swapped.join('')).kind).toBe(isSame ? 'whole' : 'mistyped');
      }),
    );
  });
});

describe('what was typed so far', () => {
  const shown = showCode(CODE);
  test.each([
    ['', { kind: 'partial', shown: '', missing: 9 }],
    ['k', { kind: 'partial', shown: 'K', missing: 8 }],
    ['k7q', { kind: 'partial', shown: 'K7Q', missing: 6 }],
    ['k7q-', { kind: 'partial', shown: 'K7Q', missing: 6 }],
    ['k7qm', { kind: 'partial', shown: 'K7Q-M', missing: 5 }],
    ['k7q m2x vd', { kind: 'partial', shown: 'K7Q-M2X-VD', missing: 1 }],
    ['k7q-u', { kind: 'foreign', at: 4 }],
    ['é', { kind: 'foreign', at: 1 }],
    [`${shown}0`, { kind: 'too-long', symbols: 10 }],
    ['-'.repeat(65), { kind: 'too-long', symbols: 65 }],
  ])('%j is answered at once', (typed, expected) => {
    expect(readCode(typed)).toEqual(expected);
  });

  test('is never more than a reading, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (typed) => {
        expect(['partial', 'foreign', 'too-long', 'mistyped', 'whole']).toContain(
          readCode(typed).kind,
        );
      }),
    );
  });

  test('keeps the code out of JSON and text', () => {
    const reading = readCode(shown) as Extract<CodeReading, { kind: 'whole' }>;
    expect(JSON.stringify(reading.prs)).toBe('"[secret]"');
    expect(String(reading.prs)).toBe('[secret]');
  });
});
