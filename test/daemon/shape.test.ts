// What the daemon takes and what its readers believe: whatever is made as a shape says fits, and
// with one thing wrong it does not, and the complaint names the field. Spec: docs/daemon.md.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/daemon/routes.ts';
import { type Shape, complaintOf, fits } from '../../src/daemon/shape.ts';

const SHAPES: readonly Shape[] = Object.values(ROUTES).flatMap(({ input, output }) =>
  output === null ? [input] : [input, output],
);

/** Values that fit. */
function fitting(shape: Shape): fc.Arbitrary<unknown> {
  const plain = fittingPlain(shape);
  return shape.nullable === true ? fc.option(plain, { nil: null }) : plain;
}

function fittingPlain(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.maxSafeInteger().map((value) => clamped(value, shape));
    case 'number':
      return fc.double({ noNaN: true }).map((value) => clamped(value, shape));
    case 'string': {
      if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
      if (shape.pattern !== undefined) return fc.stringMatching(new RegExp(shape.pattern, 'u'));
      const { minLength = 0, maxLength = minLength + 20 } = shape;
      return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
    }
    case 'array': {
      const { items = { type: 'boolean' }, minItems = 0 } = shape;
      return fc.array(fitting(items), { minLength: minItems, maxLength: minItems + 3 });
    }
    case 'object': {
      const { properties = {}, required = [] } = shape;
      const fields = Object.entries(properties).map(([name, its]) => [name, fitting(its)] as const);
      return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
    }
  }
}

function clamped(value: number, { minimum = -Infinity, maximum = Infinity }): number {
  return Math.max(minimum, Math.min(maximum, value));
}

const shaped: fc.Arbitrary<{ shape: Shape; value: unknown }> = fc
  .constantFrom(...SHAPES)
  .chain((shape) => fitting(shape).map((value) => ({ shape, value })));

test('what is made as a shape says fits, whatever JSON makes of it', () => {
  fc.assert(
    fc.property(shaped, ({ shape, value }) => {
      const read: unknown = JSON.parse(JSON.stringify(value));
      expect(complaintOf(read, shape)).toBeNull();
      expect(fits(read, shape)).toBe(true);
    }),
  );
});

/** No shape of a field takes it, and JSON has no such value. */
const NEVER = Symbol('never');

test('a field of another type is named, however deep it is', () => {
  fc.assert(
    fc.property(shaped, fc.nat(), ({ shape, value }, dice) => {
      const places = placesIn(value, shape);
      fc.pre(places.length > 0);
      const { steps, holder } = places[dice % places.length] as Place;
      holder[steps.at(-1) as string] = NEVER;
      const complaint = complaintOf(value, shape) ?? '';
      expect(complaint.startsWith(steps.join('/'))).toBe(true);
    }),
  );
});

test('a field that is missing, and one that nobody knows, are named', () => {
  fc.assert(
    fc.property(shaped, fc.nat(), ({ shape, value }, dice) => {
      fc.pre(shape.type === 'object' && shape.additionalProperties !== true);
      const { required = [] } = shape;
      const fields = value as Record<string, unknown>;
      expect(complaintOf({ ...fields, Stranger: 1 }, shape)).toContain('has Stranger');
      const name = required[dice % Math.max(1, required.length)];
      if (name === undefined) return;
      delete fields[name];
      expect(complaintOf(fields, shape)).toBe(`the whole lacks ${name}`);
    }),
  );
});

type Field = Record<string, unknown>;
interface Place {
  readonly steps: readonly string[];
  readonly holder: Field;
}

/** Every field that has a shape, in the value and its lists. */
function placesIn(value: unknown, shape: Shape, before: readonly string[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Field;
  return Object.keys(holder).flatMap((name) => {
    const its = shapeAt(shape, name);
    if (its === undefined) return [];
    const steps = [...before, name];
    return [{ steps, holder }, ...placesIn(holder[name], its, steps)];
  });
}

function shapeAt(shape: Shape, name: string): Shape | undefined {
  if (shape.type === 'array') return shape.items;
  return shape.type === 'object' ? shape.properties?.[name] : undefined;
}

describe('the bounds of a value', () => {
  const text = { type: 'string', minLength: 2, maxLength: 3 } as const;
  const count = { type: 'integer', minimum: 0, maximum: 7 } as const;
  const list = { type: 'array', items: count, minItems: 1, maxItems: 2 } as const;
  const choice = { type: 'string', enum: ['yes', 'no'] } as const;
  const id = { type: 'string', pattern: '^[a-z]{3}$' } as const;
  test.each<[string, unknown, Shape, string | null]>([
    ['a text too short', 'a', text, 'must have at least 2 characters'],
    ['a text too long', 'abcd', text, 'must have at most 3 characters'],
    ['a text that is long enough', 'ab', text, null],
    ['a number too small', -1, count, 'must be at least 0'],
    ['a number too large', 8, count, 'must be at most 7'],
    ['the largest', 7, count, null],
    ['half a number', 0.5, count, 'must be a whole number'],
    ['a number past the exact ones', 2 ** 53, count, 'must be a whole number'],
    ['the number as a text', '1', count, 'must be a whole number'],
    ['no item', [], list, 'must have at least 1 items'],
    ['an item too many', [1, 2, 3], list, 'must have at most 2 items'],
    ['a list that is an object', {}, list, 'must be a list'],
    ['none of the choices', 'maybe', choice, 'must be one of yes, no'],
    ['a text of another look', 'abcd', id, 'must look like ^[a-z]{3}$'],
    ['null', null, text, 'must be a text'],
    ['null where it may be', null, { ...text, nullable: true }, null],
    ['an object that is a list', [], { type: 'object' }, 'must be an object'],
    ['a name of every object', { toString: 1 }, { type: 'object' }, 'has toString'],
    ['a field of every object', {}, { type: 'object', required: ['toString'] }, 'lacks toString'],
  ])('%s', (_what, value, shape, complaint) => {
    if (complaint === null) expect(complaintOf(value, shape)).toBeNull();
    else expect(complaintOf(value, shape)).toContain(complaint);
  });
});
