// The schema as a table: every field with its path, what it takes, what stands there otherwise, and
// an example. `kith place --schema` prints it, docs/work.md is written from it.

import { type Json, canonical } from '../proto/json.ts';
import { SPEC } from './schema.ts';
import { type Fields, type Shape, wanted } from './shape.ts';

export interface FieldRow {
  /** `network.publish[].port`; `env.NAME.secret` */
  readonly path: string;
  /** The name that takes a text with a unit instead. */
  readonly amount: string | null;
  readonly takes: string;
  readonly required: boolean;
  /** What stands there if nobody says anything; null where nothing does. */
  readonly unless: Json | null;
  readonly example: string;
  readonly what: string;
}

export function fieldRows(fields: Fields = SPEC, under = ''): FieldRow[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const { shape, amount, unless, what, example } = field;
    const path = `${under}${name}`;
    const inner = fieldsIn(shape);
    const row: FieldRow = {
      path,
      amount: amount?.name ?? null,
      takes: inner === null ? wanted(shape) : shape.is === 'object' ? 'fields' : taken(shape),
      required: unless === 'required',
      unless: typeof unless === 'string' ? null : unless.is,
      example: exampleText(name, amount, example),
      what,
    };
    return [row, ...(inner === null ? [] : fieldRows(inner.fields, `${path}${inner.step}`))];
  });
}

function exampleText(
  name: string,
  amount: { name: string; example: string } | undefined,
  example: Json,
): string {
  if (amount !== undefined) return `${amount.name}: ${amount.example}`;
  return `${name}: ${typeof example === 'string' ? example : canonical(example)}`;
}

function taken(shape: Shape): string {
  if (shape.is === 'list') return `a list of at most ${shape.max}`;
  return shape.is === 'map' ? `at most ${shape.max} by name (${shape.keys.form})` : wanted(shape);
}

/** The fields that stand below one, and how a path goes on to them. */
function fieldsIn(shape: Shape): { readonly fields: Fields; readonly step: string } | null {
  switch (shape.is) {
    case 'object':
      return { fields: shape.fields, step: '.' };
    case 'list':
      return shape.item.is === 'object' ? { fields: shape.item.fields, step: '[].' } : null;
    case 'map':
      return shape.value.is === 'textOr' && shape.value.object.is === 'object'
        ? { fields: shape.value.object.fields, step: '.NAME.' }
        : null;
    default:
      return null;
  }
}
