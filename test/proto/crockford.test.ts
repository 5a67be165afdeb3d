import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  checkSymbol,
  fromCrockford,
  grouped,
  readSymbols,
  toCrockford,
  writeSymbols,
} from '../../proto/crockford.ts';

const symbols = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: 31 }), { minLength: min, maxLength: max });

// As pairing.md defines it, term by term: alpha^(n-i) * s_i in GF(32) with x^5 + x^2 + 1.
function checkByDefinition(values: readonly number[]): number {
  const times = (a: number, b: number): number => {
    let product = 0;
    for (let bit = 0; bit < 5; bit++) if (b & (1 << bit)) product ^= a << bit;
    for (let bit = 9; bit >= 5; bit--) if (product & (1 << bit)) product ^= 0b100101 << (bit - 5);
    return product;
  };
  let sum = 0;
  for (const [i, value] of values.entries()) {
    let power = 1;
    for (let n = 0; n < values.length - i; n++) power = times(power, 2);
    sum ^= times(power, value);
  }
  return sum;
}

describe('the check symbol', () => {
  test('is the sum that the specification defines', () => {
    fc.assert(
      fc.property(symbols(0, 30), (values) => {
        expect(checkSymbol(values)).toBe(checkByDefinition(values));
      }),
    );
    expect(checkSymbol([1])).toBe(2);
    expect(checkSymbol([16])).toBe(5);
  });

  // The sum is linear, so what it catches depends on the difference alone: all are tried.
  test.each([8, 25, 30])('of %i symbols catches every single wrong symbol', (size) => {
    for (let at = 0; at <= size; at++) {
      for (let difference = 1; difference < 32; difference++) {
        const error = new Array<number>(size + 1).fill(0);
        error[at] = difference;
        expect(checkSymbol(error.slice(0, size))).not.toBe(error[size]);
      }
    }
  });

  test.each([8, 25, 30])('of %i symbols catches every swap of two, the check included', (size) => {
    for (let i = 0; i <= size; i++) {
      for (let j = i + 1; j <= size; j++) {
        for (let difference = 1; difference < 32; difference++) {
          const error = new Array<number>(size + 1).fill(0);
          error[i] = error[j] = difference;
          expect(checkSymbol(error.slice(0, size))).not.toBe(error[size]);
        }
      }
    }
  });

  test('refuses more symbols than it can tell apart', () => {
    expect(() => checkSymbol(new Array<number>(31).fill(0))).toThrow('broken rule');
  });
});

describe('what a person types', () => {
  test('is read whatever its case, lookalikes, spaces and dashes', () => {
    expect(readSymbols(' k7q-m2x–vds\n')).toEqual(readSymbols('K7QM2XVDS'));
    expect(readSymbols('oOiIlL')).toEqual(readSymbols('001111'));
  });

  test('is refused at the first foreign character, which is told by its place', () => {
    expect(readSymbols('AB-U')).toEqual({ foreignAt: 3 });
    expect(readSymbols('0*')).toEqual({ foreignAt: 2 });
    expect(readSymbols('ß')).toEqual({ foreignAt: 1 });
  });

  test('comes back from its own writing, in any grouping', () => {
    fc.assert(
      fc.property(symbols(0, 40), fc.integer({ min: 1, max: 9 }), (values, size) => {
        expect(readSymbols(grouped(writeSymbols(values), size))).toEqual({ values });
      }),
    );
  });
});

describe('bytes in Crockford symbols', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(fromCrockford(toCrockford(bytes).toLowerCase())).toEqual(bytes);
      }),
    );
  });

  test('have no second text: bits past the last byte and odd lengths are refused', () => {
    expect(fromCrockford('00')).toEqual(Uint8Array.of(0));
    expect(fromCrockford('01')).toBeNull();
    expect(fromCrockford('0')).toBeNull();
    expect(fromCrockford('U0')).toBeNull();
  });
});
