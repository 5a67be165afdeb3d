// A frame as what a terminal is told: only the lines that differ from those it shows, and tones as
// the sixteen colours that every terminal has. Without colour tones are bold, reverse or nothing.

import type { Line, Tone } from './draw.ts';
import type { Frame } from './view.ts';

const ESC = '\u001b[';

/** Colours that the colour-blind tell apart too; the words say the same. */
const COLOURED: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  title: '1;36',
  good: '36',
  warn: '33',
  bad: '1;31',
  accent: '1;36',
  chosen: '7',
  key: '1;36',
};

const COLOURLESS: Readonly<Record<Tone, string>> = {
  ...{ plain: '', dim: '', bold: '1', title: '1', good: '', warn: '1', bad: '1' },
  ...{ accent: '1', chosen: '7', key: '1' },
};

export function painted(before: Frame | null, frame: Frame, colour: boolean): string {
  const tones = colour ? COLOURED : COLOURLESS;
  let out = before === null ? `${ESC}0m${ESC}2J` : '';
  for (const [at, line] of frame.entries()) {
    const old = before?.[at];
    if (old !== undefined && isSame(old, line)) continue;
    out += `${ESC}${at + 1};1H${lineText(line, tones)}`;
  }
  return out;
}

function isSame(one: Line, other: Line): boolean {
  return (
    one.length === other.length &&
    one.every(({ text, tone }, at) => text === other[at]?.text && tone === other[at]?.tone)
  );
}

// The last cell of the last row may scroll a terminal: whoever writes it has wrapping off.
function lineText(line: Line, tones: Readonly<Record<Tone, string>>): string {
  return line
    .map(({ text, tone }) => {
      const code = tones[tone];
      return code === '' ? text : `${ESC}${code}m${text}${ESC}0m`;
    })
    .join('');
}
