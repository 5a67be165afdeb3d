// The frame of a model: a head with what matters everywhere, the screen, a notice, and the bar of
// keys. A frame has as many lines as the terminal, each as wide as it.

import { dialogLines } from './dialog.ts';
import { type Line, type Tone, EMPTY, fitted, line, lineWidth, span, widthOf } from './draw.ts';
import { valueOf } from './facts.ts';
import { GLOBAL_KEYS, keyText } from './keys.ts';
import { COLUMNS_MIN, ROWS_MIN } from './limits.ts';
import type { Model } from './model.ts';
import { questionLines } from './questions.ts';
import { screenOf } from './screens.ts';

export type Frame = readonly Line[];

/** Rows of the head. */
const HEAD_ROWS = 2;
/** A window that is wider than this makes lines that no eye follows. */
const DIALOG_COLUMNS_MAX = 92;

export function view(model: Model): Frame {
  const { columns, rows } = model.size;
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) return tooSmall(columns, rows);
  const foot = [...noticeLines(model), ...barLines(model)];
  const height = rows - HEAD_ROWS - foot.length;
  const body = bodyLines(model, columns, height);
  return [...headLines(model), ...body, ...foot].map((one) => fitted(one, columns));
}

function tooSmall(columns: number, rows: number): Frame {
  const text = `kith needs ${COLUMNS_MIN}x${ROWS_MIN}; this is ${columns}x${rows}`;
  return Array.from({ length: rows }, (_, at) => fitted(at === 0 ? line(text) : EMPTY, columns));
}

function bodyLines(model: Model, columns: number, height: number): readonly Line[] {
  const inner = Math.min(columns, DIALOG_COLUMNS_MAX) - 6;
  if (model.asking !== null) {
    const run = model.runs.find(({ id }) => id === model.asking?.run);
    const lines = questionLines(model, model.asking, inner);
    return boxed(model, run?.title ?? '', lines, columns, height);
  }
  if (model.dialog !== null) {
    const { dialog } = model;
    const lines = dialogLines(model, dialog, inner, height - 2);
    return boxed(model, dialogTitle(model), lines, columns, height);
  }
  const lines = screenOf(model).view(model, columns, height);
  return [...lines.slice(0, height), ...blank(height - lines.length)];
}

function dialogTitle({ dialog, runs }: Model): string {
  if (dialog === null) return '';
  if (dialog.kind === 'confirm') return dialog.title;
  if (dialog.kind === 'leave') return 'Something still runs';
  return runs.find(({ id }) => id === dialog.run)?.title ?? '';
}

function blank(count: number): Line[] {
  return Array.from({ length: Math.max(0, count) }, () => EMPTY);
}

/** Lines in a box in the middle. */
function boxed(
  { glyphs }: Model,
  title: string,
  lines: readonly Line[],
  columns: number,
  height: number,
): Line[] {
  const inner = Math.min(columns, DIALOG_COLUMNS_MAX) - 6;
  const shown = lines.slice(0, Math.max(0, height - 2));
  const left = ' '.repeat(Math.max(0, Math.floor((columns - inner - 4) / 2)));
  const [topLeft, topRight, bottomLeft, bottomRight] = glyphs.corners;
  const head = title === '' ? '' : ` ${title} `;
  const rule = glyphs.rule.repeat(Math.max(0, inner + 1 - widthOf(head)));
  const above = Math.max(0, Math.floor((height - shown.length - 2) / 2));
  return [
    ...blank(above),
    line(left, `${topLeft}${glyphs.rule}`, span(head, 'bold'), `${rule}${topRight}`),
    ...shown.map((one) => [
      ...line(`${left}${glyphs.side} `),
      ...fitted(one, inner),
      ...line(` ${glyphs.side}`),
    ]),
    line(`${left}${bottomLeft}${glyphs.rule.repeat(inner + 2)}${bottomRight}`),
    ...blank(height - above - shown.length - 2),
  ];
}

function headLines(model: Model): Line[] {
  const { columns } = model.size;
  const home = valueOf(model.facts.home);
  const network = home?.network ?? (home === null ? '...' : 'no network');
  const left = line(
    span('kith', 'title'),
    '  ',
    span(network, 'bold'),
    '  ',
    screenOf(model).title,
  );
  const right = [...daemonSpan(model), ...stagedSpan(model)];
  const gap = Math.max(1, columns - lineWidth(left) - lineWidth(right));
  return [
    [...left, span(' '.repeat(gap)), ...right],
    line(span(model.glyphs.rule.repeat(columns), 'dim')),
  ];
}

function daemonSpan({ facts: { status } }: Model): Line {
  if (status.state === 'unasked') return line(span('looking for the daemon', 'dim'));
  if (status.state === 'failed') {
    return line(span(status.code === 'no-daemon' ? 'NO DAEMON' : 'DAEMON SILENT', 'bad'));
  }
  const { state, mesh } = status.value;
  if (state !== 'running') return line(span(`daemon ${state}`, 'warn'));
  const { up, of } = mesh.links;
  const links = of === 0 ? 'alone' : `${up}/${of} links`;
  const tone: Tone = mesh.state === 'up' ? (up < of ? 'warn' : 'good') : 'warn';
  const alarms = mesh.alarms.length === 0 ? [] : [span(`  ${mesh.alarms.length} ALARM`, 'bad')];
  return line(span(`mesh ${mesh.state}, ${links}`, tone), ...alarms);
}

function stagedSpan({ facts }: Model): Line {
  const staged = valueOf(facts.home)?.staged ?? 0;
  return staged === 0 ? EMPTY : line(span(`  ${staged} staged: F12`, 'warn'));
}

function noticeLines({ notice }: Model): Line[] {
  if (notice === null) return [];
  const mark = { good: 'done: ', bad: 'error: ', plain: '' }[notice.tone];
  const first = line(span(mark, notice.tone), notice.text);
  return notice.hint === '' ? [first] : [first, line(span('hint: ', 'bold'), notice.hint)];
}

/** The keys of the screen, then those that are everywhere, in as few lines as they need. */
function barLines(model: Model): Line[] {
  const { columns } = model.size;
  const screen = screenOf(model);
  // In a dialog they do nothing, and the dialog says its own.
  const isOpen = model.asking !== null || model.dialog !== null;
  const own = (isOpen ? [] : screen.bindings)
    .filter(({ when }) => when?.(model) !== false)
    .map(({ key, label }): Line => line(span(keyText(key), 'key'), ` ${label}`));
  const global = GLOBAL_KEYS.map(({ key, label }): Line => line(span(key.slice(1), 'key'), label));
  const isHeld = screen.holds?.(model) === true;
  return [...flowed(own, columns, '   '), ...(isHeld ? [] : flowed(global, columns, ' '))];
}

function flowed(parts: readonly Line[], columns: number, gap: string): Line[] {
  const lines: Line[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const width = last === undefined ? 0 : lineWidth(last) + gap.length;
    if (last === undefined || width + lineWidth(part) > columns) lines.push(part);
    else lines[lines.length - 1] = [...last, ...line(gap), ...part];
  }
  return lines;
}
