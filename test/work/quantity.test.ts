// Amounts: what comes out whole, and nothing else.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Unit, UNITS, amountIn } from '../../work/quantity.ts';

describe('an amount', () => {
  test.each<[Unit, string, number]>([
    ['milli', '2', 2_000],
    ['milli', '0.5', 500],
    ['milli', '500m', 500],
    ['milli', '1.001', 1_001],
    ['mib', '8GiB', 8_192],
    ['mib', '8 GiB', 8_192],
    ['mib', '1.5GiB', 1_536],
    ['mib', '1TiB', 1_048_576],
    ['mib', '0MiB', 0],
    ['bytes', '10000B', 10_000],
    ['bytes', '1.5KiB', 1_536],
    ['bytes', '1GiB', 1_073_741_824],
    ['seconds', '90s', 90],
    ['seconds', '1.5h', 5_400],
    ['seconds', '1d', 86_400],
  ])('of %s: %s is %d', (unit, text, amount) => {
    expect(amountIn(unit, text)).toBe(amount);
  });

  test.each<[Unit, string]>([
    ['milli', '0.5m'],
    ['milli', '1.0001'],
    ['milli', '-1'],
    ['milli', '1e3'],
    ['milli', ''],
    ['mib', '8'],
    ['mib', '8GB'],
    ['mib', '8G'],
    ['mib', '8gib'],
    ['mib', '0.3GiB'],
    ['mib', '8GiB '],
    ['mib', '1000000000GiB'],
    ['bytes', '1.5B'],
    ['seconds', '5min'],
    ['seconds', 'm'],
    ['seconds', '5toString'],
    ['seconds', '5constructor'],
  ])('of %s: %j is none', (unit, text) => {
    expect(amountIn(unit, text)).toBe(null);
  });

  test('grows with its number, in every unit', () => {
    const units = Object.keys(UNITS) as Unit[];
    const pairs = fc
      .constantFrom(...units)
      .chain((unit) =>
        fc.tuple(
          fc.constant(unit),
          fc.constantFrom(...Object.keys(UNITS[unit].suffixes)),
          fc.nat(1_000_000),
        ),
      );
    fc.assert(
      fc.property(pairs, ([unit, suffix, count]) => {
        const [one, more] = [
          amountIn(unit, `${count}${suffix}`),
          amountIn(unit, `${count + 1}${suffix}`),
        ];
        const step = amountIn(unit, `1${suffix}`) as number;
        expect([one, more]).toEqual([count * step, (count + 1) * step]);
      }),
      { seed: 5 },
    );
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const unit of Object.keys(UNITS) as Unit[]) {
          const amount = amountIn(unit, text);
          expect(amount === null || Number.isSafeInteger(amount)).toBe(true);
        }
      }),
      { seed: 5 },
    );
  });
});
