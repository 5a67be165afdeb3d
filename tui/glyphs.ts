// The signs that are drawn with: of Unicode, or of ASCII where the terminal has no other.

export interface Glyphs {
  /** From an eighth of a cell to a whole one; the last stands for full cells. */
  readonly bar: readonly string[];
  readonly barEmpty: string;
  /** From least to most. */
  readonly spark: readonly string[];
  readonly sparkGap: string;
  readonly cursor: string;
  readonly here: string;
  readonly rule: string;
  readonly side: string;
  readonly corners: readonly [string, string, string, string];
  readonly good: string;
  readonly bad: string;
  readonly busy: readonly string[];
  readonly hidden: string;
  readonly up: string;
  readonly down: string;
}

export const UNICODE: Glyphs = {
  bar: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  barEmpty: '░',
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  sparkGap: '·',
  cursor: '▸',
  here: '●',
  rule: '─',
  side: '│',
  corners: ['┌', '┐', '└', '┘'],
  good: '✓',
  bad: '✗',
  busy: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧'],
  hidden: '•',
  up: '↑',
  down: '↓',
};

export const ASCII: Glyphs = {
  bar: ['#'],
  barEmpty: '.',
  spark: ['_', '.', '-', '=', '+', '*', '%', '#'],
  sparkGap: ' ',
  cursor: '>',
  here: '*',
  rule: '-',
  side: '|',
  corners: ['+', '+', '+', '+'],
  good: 'ok',
  bad: '!!',
  busy: ['|', '/', '-', '\\'],
  hidden: '*',
  up: '^',
  down: 'v',
};

/** The mark that something goes on; it moves with the clock. */
export function busySign(glyphs: Glyphs, nowMs: number): string {
  return glyphs.busy[Math.floor(nowMs / 500) % glyphs.busy.length] as string;
}

/** A part of a whole, in so many cells. */
export function bar(part: number, whole: number, width: number, glyphs: Glyphs): string {
  const share = whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
  const steps = glyphs.bar.length;
  const eighths = Math.round(share * width * steps);
  const full = Math.floor(eighths / steps);
  const rest = eighths % steps;
  const head = (glyphs.bar.at(-1) as string).repeat(full);
  const partial = rest === 0 ? '' : (glyphs.bar[rest - 1] as string);
  return head + partial + glyphs.barEmpty.repeat(Math.max(0, width - full - (rest === 0 ? 0 : 1)));
}

/** The last samples, each from 0 to 1, or null where there was none. */
export function sparkline(
  samples: readonly (number | null)[],
  width: number,
  glyphs: Glyphs,
): string {
  const last = samples.slice(-width);
  const signs = last.map((sample) => {
    if (sample === null) return glyphs.sparkGap;
    const at = Math.round(Math.min(1, Math.max(0, sample)) * (glyphs.spark.length - 1));
    return glyphs.spark[at] as string;
  });
  return signs.join('').padStart(width, ' ');
}
