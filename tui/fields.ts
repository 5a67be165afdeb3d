// Fields that are filled in: text with a cursor, one of several, yes or no, and a secret of which
// only the length is known here. A form is a list of them with one that has the keys.

import { type Line, type Span, type Tone, cut, line, padded, span, widthOf } from './draw.ts';
import type { Glyphs } from './glyphs.ts';
import { FIELD_CHARS_MAX } from './limits.ts';

export type Field =
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly label: string;
      readonly help: string;
      readonly value: string;
      readonly cursor: number;
      /** What holds where it is left empty. */
      readonly unless?: string;
    }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly help: string;
      readonly among: readonly string[];
      readonly value: string;
    }
  | {
      readonly kind: 'switch';
      readonly name: string;
      readonly label: string;
      readonly help: string;
      readonly on: boolean;
    }
  | {
      readonly kind: 'secret';
      readonly name: string;
      readonly label: string;
      readonly help: string;
      readonly length: number;
    };

export interface Form {
  readonly fields: readonly Field[];
  readonly at: number;
}

export function textField(name: string, label: string, value = '', help = ''): Field {
  return { kind: 'text', name, label, help, value, cursor: [...value].length };
}

export function choiceField(
  name: string,
  label: string,
  among: readonly string[],
  value: string,
  help = '',
): Field {
  return { kind: 'choice', name, label, help, among, value };
}

export function switchField(name: string, label: string, on = false, help = ''): Field {
  return { kind: 'switch', name, label, help, on };
}

export function formOf(fields: readonly Field[]): Form {
  return { fields, at: 0 };
}

/** What stands in a field, as text; empty where there is none. */
export function valueIn({ fields }: Form, name: string): string {
  const field = fields.find((one) => one.name === name);
  if (field === undefined || field.kind === 'secret') return '';
  return field.kind === 'switch' ? (field.on ? 'yes' : '') : field.value;
}

/** The form after a key; null where the key is none of its. */
export function typed(form: Form, key: string, text: string | null): Form | null {
  const count = form.fields.length;
  if (key === 'tab' || key === 'down') return { ...form, at: (form.at + 1) % count };
  if (key === 'S-tab' || key === 'up') return { ...form, at: (form.at + count - 1) % count };
  const field = form.fields[form.at];
  const after = field === undefined ? null : changed(field, key, text);
  return after === null ? null : { ...form, fields: form.fields.with(form.at, after) };
}

function changed(field: Field, key: string, text: string | null): Field | null {
  switch (field.kind) {
    case 'text':
      return edited(field, key, text);
    case 'choice': {
      const step = key === 'left' ? -1 : key === 'right' || key === 'space' ? 1 : 0;
      if (step === 0) return null;
      const { among, value } = field;
      const at = (among.indexOf(value) + step + among.length) % among.length;
      return { ...field, value: among[at] ?? value };
    }
    case 'switch':
      return key === 'space' || key === 'left' || key === 'right'
        ? { ...field, on: !field.on }
        : null;
    case 'secret':
      return null;
  }
}

type Text = Extract<Field, { kind: 'text' }>;
type Edit = (signs: readonly string[], cursor: number) => readonly [readonly string[], number];

const EDITS: Readonly<Record<string, Edit>> = {
  left: (signs, cursor) => [signs, Math.max(0, cursor - 1)],
  right: (signs, cursor) => [signs, Math.min(signs.length, cursor + 1)],
  home: (signs) => [signs, 0],
  end: (signs) => [signs, signs.length],
  'C-a': (signs) => [signs, 0],
  'C-e': (signs) => [signs, signs.length],
  'C-u': (signs, cursor) => [signs.slice(cursor), 0],
  'C-k': (signs, cursor) => [signs.slice(0, cursor), cursor],
  backspace: (signs, cursor) =>
    cursor === 0 ? [signs, 0] : [signs.toSpliced(cursor - 1, 1), cursor - 1],
  delete: (signs, cursor) => [signs.toSpliced(cursor, 1), cursor],
};

function edited(field: Text, key: string, text: string | null): Field | null {
  const signs = [...field.value];
  const edit = EDITS[key];
  if (edit !== undefined) {
    const [after, cursor] = edit(signs, field.cursor);
    return { ...field, value: after.join(''), cursor };
  }
  if (text === null || text === '') return null;
  const added = [...text];
  if (signs.length + added.length > FIELD_CHARS_MAX) return field;
  const after = signs.toSpliced(field.cursor, 0, ...added);
  return { ...field, value: after.join(''), cursor: field.cursor + added.length };
}

/** A line a field: its label, and what stands in it. The one with the keys is marked. */
export function formLines(form: Form, width: number, glyphs: Glyphs, least = 0): Line[] {
  const labels = form.fields.reduce((most, { label }) => Math.max(most, widthOf(label)), least);
  return form.fields.map((field, at) => {
    const isAt = at === form.at;
    const mark = isAt ? `${glyphs.cursor} ` : '  ';
    const label = span(`${padded(field.label, labels)}  `, isAt ? 'bold' : 'dim');
    return line(span(mark, 'accent'), label, ...inside(field, isAt, width - labels - 4, glyphs));
  });
}

function inside(field: Field, isAt: boolean, width: number, glyphs: Glyphs) {
  const tone: Tone = isAt ? 'bold' : 'plain';
  switch (field.kind) {
    case 'text':
      if (field.value === '' && field.unless !== undefined) {
        const mark = isAt ? [span('_', 'chosen'), span(' ')] : [];
        return [...mark, span(cut(`(${field.unless})`, width - 2 * mark.length), 'dim')];
      }
      return isAt ? withCursor(field, width) : [span(cut(field.value, width), tone)];
    case 'choice':
      return choices(field, tone, width);
    case 'switch':
      return [span(field.on ? '[x]' : '[ ]', tone), span(`  ${field.help}`, 'dim')];
    case 'secret':
      return [span(glyphs.hidden.repeat(Math.min(field.length, width - 1)), tone), span('_', tone)];
  }
}

type Choice = Extract<Field, { kind: 'choice' }>;

/** All of them, or where there is no room the one that is chosen and how many there are. */
function choices({ among, value }: Choice, tone: Tone, width: number): Span[] {
  const chosen = [span('['), span(value, tone), span('] ')];
  if (among.reduce((sum, one) => sum + widthOf(one) + 3, 0) <= width) {
    return among.flatMap((one) => (one === value ? chosen : [span(` ${one}  `, 'dim')]));
  }
  const count = `${among.indexOf(value) + 1} of ${among.length}`;
  return [
    span('< '),
    span(cut(value, width - count.length - 6), tone),
    span(` >  ${count}`, 'dim'),
  ];
}

// The cursor is a mark that needs no colour: an underscore where the next letter comes.
function withCursor({ value, cursor }: Text, width: number) {
  const signs = [...value];
  const from = Math.max(0, cursor - Math.max(1, width - 2));
  const seen = signs.slice(from, from + Math.max(1, width - 1));
  const at = cursor - from;
  return [
    span(seen.slice(0, at).join(''), 'bold'),
    span(seen[at] ?? '_', 'chosen'),
    span(seen.slice(at + 1).join(''), 'bold'),
  ];
}
