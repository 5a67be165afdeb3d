// A pairing code while an operator types it: every key is answered at once. What can stand in no
// code is not taken, and where all nine symbols are there the last one says whether they fit.

import { type Line, type Tone, line, span } from './draw.ts';
import type { Glyphs } from './glyphs.ts';
import type { CodeSoFar } from './model.ts';

export interface CodeEntry {
  /** What is typed so far, in groups. */
  readonly shown: string;
  readonly kind: 'partial' | 'mistyped' | 'whole';
  readonly missing: number;
  /** Why the last key was not taken. */
  readonly refused: string | null;
}

const GROUPS = [3, 3, 3] as const;
const SYMBOLS = 9;

export const NO_CODE: CodeEntry = { shown: '', kind: 'partial', missing: SYMBOLS, refused: null };

type Read = (typed: string) => CodeSoFar;

/** The entry after a key; null where the key has nothing to do with it. */
export function codeAfter(
  entry: CodeEntry,
  key: string,
  text: string | null,
  read: Read,
): CodeEntry | null {
  if (key === 'backspace') return reading(entry.shown.replaceAll('-', '').slice(0, -1), read);
  if (key === 'C-u') return NO_CODE;
  if (text === null) return null;
  // A paste is many.
  return [...text].reduce<CodeEntry>((so, sign) => withSign(so, sign, read), entry);
}

function withSign(entry: CodeEntry, sign: string, read: Read): CodeEntry {
  if (sign === ' ' || sign === '-') return { ...entry, refused: null };
  const { kind, shown, missing } = read(entry.shown + sign);
  switch (kind) {
    case 'foreign':
      return { ...entry, refused: `${sign} stands in no code` };
    case 'too-long':
      return {
        ...entry,
        refused: `a code has ${SYMBOLS} symbols; Backspace takes the last one back`,
      };
    case 'partial':
    case 'mistyped':
    case 'whole':
      return { kind, shown, missing, refused: null };
  }
}

function reading(typed: string, read: Read): CodeEntry {
  const { shown, missing } = read(typed);
  return { shown, kind: 'partial', missing, refused: null };
}

/** Three groups of three, and below them what is to be said of them. */
export function codeLines(
  entry: CodeEntry,
  hasKeys: boolean,
  label: string,
  glyphs: Glyphs,
): Line[] {
  const symbols = [...entry.shown.replaceAll('-', '')];
  let at = 0;
  const groups = GROUPS.map((size) => {
    const group = Array.from({ length: size }, () => symbols[at++] ?? '_');
    return group.join(' ');
  }).join('   ');
  const mark = hasKeys ? `${glyphs.cursor} ` : '  ';
  const [said, tone] = feedback(entry, glyphs);
  return [
    line(span(mark, 'accent'), span(`${label}  `, hasKeys ? 'bold' : 'dim'), span(groups, 'bold')),
    line(' '.repeat(mark.length + label.length + 2), span(said, tone)),
  ];
}

function feedback(entry: CodeEntry, glyphs: Glyphs): readonly [string, Tone] {
  const { kind, missing, refused } = entry;
  if (refused !== null) return [`${glyphs.bad} ${refused}`, 'bad'];
  switch (kind) {
    case 'whole':
      return [`${glyphs.good} the check symbol fits`, 'good'];
    case 'mistyped':
      return [`${glyphs.bad} the check symbol does not fit: one of the nine is wrong`, 'bad'];
    case 'partial':
      return missing === SYMBOLS
        ? ['as its console shows it; small letters will do', 'dim']
        : [`${missing} more`, 'dim'];
  }
}
