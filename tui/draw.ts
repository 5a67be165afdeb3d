// Text with a tone, in lines of cells: what screens are made of. A tone adds to the words and never
// replaces them, so that everything can be read without colour. Whatever comes from outside is cut
// to what a terminal shows in one place: no control, no letter that joins or turns others.

export type Tone =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'title'
  | 'good'
  | 'warn'
  | 'bad'
  | 'accent'
  | 'chosen'
  | 'key';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: shown(text), tone };
}

export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? span(part) : part));
}

export const EMPTY: Line = [];

// What moves a cursor, rings, joins, turns its direction or takes no cell of its own.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{M}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** Foreign text as a terminal can show it: one line, nothing that acts on the screen. */
function shown(text: string): string {
  return isPlain(text) ? text : text.replace(UNSAFE, '\u00b7');
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

// Letters that take two cells, in ranges (Unicode, East Asian Width W and F).
const WIDE_RANGES = [
  '\\u1100-\\u115f\\u231a\\u231b\\u2329\\u232a\\u23e9-\\u23ec\\u2614\\u2615\\u26a1\\u2705\\u274c',
  '\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97c\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f',
  '\\uff00-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{18aff}\\u{1b000}-\\u{1b2ff}',
  '\\u{1f004}-\\u{1f9ff}\\u{20000}-\\u{3fffd}',
];
const WIDE = new RegExp(`[${WIDE_RANGES.join('')}]`, 'u');

/** Cells that a text takes. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const sign of text) width += WIDE.test(sign) ? 2 : 1;
  return width;
}

export function lineWidth(of: Line): number {
  return of.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** The first cells of a text; where something is left out, the last one says so. */
export function cut(text: string, width: number, mark = '~'): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const sign of text) {
    const cells = widthOf(sign);
    if (used + cells > width - 1) break;
    kept += sign;
    used += cells;
  }
  return kept + mark;
}

/** The text in exactly so many cells. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const kept = cut(text, width);
  const room = ' '.repeat(Math.max(0, width - widthOf(kept)));
  return align === 'left' ? kept + room : room + kept;
}

/** The line in exactly so many cells. */
export function fitted(of: Line, width: number): Line {
  const spans: Span[] = [];
  let left = width;
  for (const { text, tone } of of) {
    if (left <= 0) break;
    const part = cut(text, left);
    spans.push({ text: part, tone });
    left -= widthOf(part);
  }
  if (left > 0) spans.push({ text: ' '.repeat(left), tone: 'plain' });
  return spans;
}

/** The whole line in one tone: a row that is chosen. */
export function toned(of: Line, tone: Tone): Line {
  return of.map(({ text }) => ({ text, tone }));
}

/** Text in lines of at most so many cells, broken between words where that can be. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of text.split('\n')) {
    const indent = /^ */.exec(part)?.[0].slice(0, Math.floor(width / 2)) ?? '';
    let current = indent;
    for (const word of shown(part.trim()).split(' ')) {
      const joined = current === '' || current === indent ? current + word : `${current} ${word}`;
      if (widthOf(joined) <= width) {
        current = joined;
        continue;
      }
      if (current.trim() !== '') lines.push(current);
      current = indent + word;
      while (widthOf(current) > width) {
        const head = firstCells(current, width);
        lines.push(head);
        current = current.slice(head.length);
      }
    }
    lines.push(current);
  }
  return lines;
}

/** Text as lines of one tone. */
export function paragraph(text: string, width: number, tone: Tone = 'plain'): Line[] {
  return wrapped(text, width).map((part) => line(span(part, tone)));
}

/** The same, and no line where there is nothing to say. */
export function remark(text: string, width: number, tone: Tone = 'plain'): Line[] {
  return text === '' ? [] : paragraph(text, width, tone);
}

/** A label in so many cells, and its text beside it. */
export function labelled(label: string, text: string, width: number, cells: number): Line[] {
  return wrapped(text, width - cells - 2).map((part, at) =>
    line('  ', span(padded(at === 0 ? label : '', cells), 'dim'), part),
  );
}

/** Every letter of a text, in pieces that fill a line: for what must be read byte by byte. */
export function pieces(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let rest = shown(text); rest !== ''; ) {
    const head = firstCells(rest, width);
    lines.push(head);
    rest = rest.slice(head.length);
  }
  return lines;
}

function firstCells(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const sign of text) {
    used += widthOf(sign);
    if (used > width && kept !== '') break;
    kept += sign;
  }
  return kept;
}

/** A frame as text: what tests and people without colour see. */
export function textOfLines(lines: readonly Line[]): string {
  return lines
    .map((one) =>
      one
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
