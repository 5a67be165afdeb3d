// The words of which the schema of a spec is made. A shape is plain data: the reader walks it, the
// field table and docs/work.md are written from it. Spec: docs/work.md.

import type { Json } from '../proto/json.ts';
import type { Unit } from './quantity.ts';

export type Shape =
  | { readonly is: 'integer'; readonly min: number; readonly max: number }
  | { readonly is: 'text'; readonly form: string; readonly ok: (text: string) => boolean }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'flag' }
  /** A text of several lines, or a list of them; kept as a list. */
  | { readonly is: 'lines'; readonly max: number }
  /** A list of which the order says nothing is kept sorted, without repetitions. */
  | {
      readonly is: 'list';
      readonly item: Shape;
      readonly max: number;
      readonly sorted?: boolean;
    }
  | {
      readonly is: 'map';
      readonly keys: { readonly form: string; readonly ok: (text: string) => boolean };
      readonly value: Shape;
      readonly max: number;
    }
  /** A text, or where it is an object, that. */
  | { readonly is: 'textOr'; readonly text: Shape; readonly object: Shape }
  | { readonly is: 'object'; readonly fields: Fields };

export interface Field {
  readonly shape: Shape;
  readonly what: string;
  readonly example: Json;
  /**
   * What stands there if nobody says anything; `'required'`: somebody must; `'absent'`: nothing
   * does, which has a meaning of its own.
   */
  readonly unless: 'required' | 'absent' | { readonly is: Json };
  /** The name under which it takes a text with a unit instead. */
  readonly amount?: { readonly name: string; readonly unit: Unit; readonly example: string };
}

export type Fields = Readonly<Record<string, Field>>;

export function integer(min: number, max: number): Shape {
  return { is: 'integer', min, max };
}

export function choice(...of: string[]): Shape {
  return { is: 'choice', of };
}

export function text(form: string, ok: (text: string) => boolean): Shape {
  return { is: 'text', form, ok };
}

export function object(fields: Fields): Shape {
  return { is: 'object', fields };
}

export const flag: Shape = { is: 'flag' };

/** What a value must be, in words. */
export function wanted(shape: Shape): string {
  switch (shape.is) {
    case 'integer':
      return `a whole number, ${shape.min} to ${shape.max}`;
    case 'text':
      return shape.form;
    case 'choice':
      return `one of ${shape.of.join(', ')}`;
    case 'flag':
      return 'true or false';
    case 'lines':
      return `a text or a list of at most ${shape.max} lines`;
    case 'list':
      return `a list of at most ${shape.max}, each ${wanted(shape.item)}`;
    case 'map':
      return `at most ${shape.max} values by name (${shape.keys.form}), each ${wanted(shape.value)}`;
    case 'textOr':
      return `${wanted(shape.text)}, or ${wanted(shape.object)}`;
    case 'object':
      return `fields: ${Object.keys(shape.fields).join(', ')}`;
  }
}
