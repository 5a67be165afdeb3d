// Who wants in, before an operator signs: what the command says of it, with the fingerprint so that
// it is found at once, and the fields that may still be changed. It has to fit a small screen
// whole.

import type { Question } from '../proto/questions.ts';
import { type Line, cut, line, span, wrapped } from './draw.ts';
import { type Form, formLines } from './fields.ts';
import type { Glyphs } from './glyphs.ts';

export function admissionLines(
  { lines, fingerprint }: Question<'admission'>,
  form: Form,
  width: number,
  glyphs: Glyphs,
): Line[] {
  const said = lines.filter((one) => one.trim() !== '').map((one) => one.replace(/^ {2}/, ''));
  return [
    line(span('Is this the machine that shows the code?', 'bold')),
    ...said.flatMap((one) =>
      rowLines(one, width).map((part) =>
        line(span(part, part.includes(fingerprint) ? 'accent' : 'plain')),
      ),
    ),
    line(''),
    ...formLines(form, width, glyphs),
  ];
}

/** What a stranger says at length of itself must not push the rest off the screen. */
const ITS_OWN = /^(machine|system|processor|graphics) /;

function rowLines(row: string, width: number): string[] {
  if (ITS_OWN.test(row)) return [cut(row, width)];
  const indent = /^(\S+ )*\S* {2,}/.exec(row)?.[0].length ?? 0;
  const parts = wrapped(row.slice(indent), width - indent);
  return parts.map((part, at) => (at === 0 ? row.slice(0, indent) : ' '.repeat(indent)) + part);
}
