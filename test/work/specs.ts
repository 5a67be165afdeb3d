// Specs as people might write them, and as nobody would.

import fc from 'fast-check';
import type { Fields, Shape } from '../../work/shape.ts';
import { SPEC } from '../../work/schema.ts';
import { type Spec, readSpec } from '../../work/spec.ts';

export const JOB = { name: 'hello', job: { image: 'busybox' } };
export const VM = { name: 'mail', vm: { image: 'debian-12' } };

export function specOf(value: unknown): Spec {
  const read = readSpec(value);
  if (!read.ok) throw new Error(`${read.code}: ${read.detail}`);
  return read.value;
}

/** The code and detail of a refusal, as one text. */
export function refusalOf(value: unknown): string {
  const read = readSpec(value);
  return read.ok ? 'taken' : `${read.code}: ${read.detail}`;
}

const TEXTS: Readonly<Record<string, string>> = {
  'a ULID': '01JE2HZ6Q3M8Y5T0V7XW9KB4CD',
  'a key': 'K7dNWlnJ8n2Y1wX0xgq0v2u4mPzBvQk8b1T6aYcFfRE',
  'the id': 'Qw3mR1c9b0sVx5Zt7LkYhGfDpAoIuJnE2rT4yWvBxCM',
  'an absolute': '/out/a',
  'a moment': '2026-12-01T08:00:00Z',
};

/** Values that a shape takes, near its bounds and in all its forms. */
function fitting(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.is) {
    case 'integer':
      return fc.integer({ min: shape.min, max: shape.max });
    case 'choice':
      return fc.constantFrom(...shape.of);
    case 'flag':
      return fc.boolean();
    case 'text': {
      const known = Object.entries(TEXTS).find(([start]) => shape.form.startsWith(start));
      return known === undefined
        ? fc.constantFrom('a', 'b', 'ab-1', 'attic').filter((said) => shape.ok(said))
        : fc.constant(known[1]);
    }
    case 'lines':
      return fc.oneof(fc.constant('#cloud-config\na: b\n'), fc.constant(['one', 'two']));
    case 'list':
      return fc.array(fitting(shape.item), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.constantFrom('LANG', 'HOME', '_x'), fitting(shape.value));
    case 'textOr':
      return fc.oneof(fitting(shape.text), fitting(shape.object));
    case 'object':
      return fittingFields(shape.fields);
  }
}

function fittingFields(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const model = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, fitting(field.shape)]),
  );
  const requiredKeys = Object.keys(fields).filter((name) => fields[name]?.unless === 'required');
  return fc.record(model, { requiredKeys });
}

/** Each field fits; together they may contradict each other. */
export const almostSpecs: fc.Arbitrary<Record<string, unknown>> = fittingFields(SPEC);

/**
 * Specs in great variety: of what contradicts, the part that the refusal names is left out until
 * nothing does.
 */
export const specs: fc.Arbitrary<Spec> = almostSpecs.map((value) => {
  const said: Record<string, unknown> = { ...value };
  for (let i = 0; i <= Object.keys(SPEC).length; i++) {
    const read = readSpec(said);
    if (read.ok) return read.value;
    const part = /^[a-z]+/.exec(read.detail)?.[0] ?? '';
    if (!(part in said)) said['job'] = JOB.job;
    else delete said[part];
  }
  throw new Error(`not mended: ${refusalOf(said)}`);
});
