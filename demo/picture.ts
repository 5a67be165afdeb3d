// A screen of a terminal, with its colours, as a picture: the cells are laid out in a page, each
// run of them at its own column, and a browser without a window draws it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../src/os/tools.ts';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
/** Of the letters in use; the browser is told the same. */
const CELL = { width: 8, height: 17, font: 13.3 };
const EDGE = 10;
/** A page with all of them is to open at once. */
const BYTES_MAX = 150_000;
const LIMIT_MS = 60_000;

/** What is missing for drawing; null: nothing. */
export function browserMissing(): string | null {
  return browser() === null ? `it lacks a browser (${BROWSERS[0]})` : null;
}

function browser(): string | null {
  return BROWSERS.map((name) => findTool(name)).find((path) => path !== null) ?? null;
}

/** Draws what `painted` of a session said. */
export function drawPicture(painted: string, columns: number, file: string): void {
  const lines = painted.replace(/\n$/, '').split('\n');
  const folder = mkdtempSync(join(tmpdir(), 'kith-picture-'));
  try {
    const page = join(folder, 'page.html');
    writeFileSync(page, pageOf(lines));
    const width = columns * CELL.width + 2 * EDGE;
    const height = lines.length * CELL.height + 2 * EDGE;
    const own = [`--user-data-dir=${folder}`, `--screenshot=${file}`];
    const how = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
    const size = `--window-size=${width},${height}`;
    const done = spawnSync(browser() as string, [...how, ...own, size, `file://${page}`], {
      ...{ encoding: 'utf8', timeout: LIMIT_MS },
    });
    if (done.status !== 0) throw new Error(`the browser drew no ${file}: ${done.stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { size } = statSync(file);
  if (size > BYTES_MAX) throw new Error(`${file} has ${size} bytes`);
}

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly reverse: boolean;
  readonly colour: string;
}

const PLAIN_COLOUR = '#d7dae0';
const GROUND = '#16181d';
const PLAIN: Look = { bold: false, dim: false, reverse: false, colour: PLAIN_COLOUR };

/** What tui/paint.ts says, as the terminal says it again. */
const CODES: Readonly<Record<string, Partial<Look>>> = {
  ...{ 0: PLAIN, '': PLAIN, 1: { bold: true }, 2: { dim: true }, 7: { reverse: true } },
  ...{ 22: { bold: false, dim: false }, 27: { reverse: false }, 39: { colour: PLAIN_COLOUR } },
  ...{ 31: { colour: '#ff7b72' }, 33: { colour: '#e3b341' }, 36: { colour: '#56d4dd' } },
};

const ESC = '\u001b';
const TOKENS = new RegExp(`${ESC}\\[([0-9;]*)m|([^${ESC}]+)`, 'g');

function pageOf(lines: readonly string[]): string {
  const spans = lines.flatMap((line, row) => spansOf(line, row));
  const { height, font } = CELL;
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: ${GROUND}; color: ${PLAIN_COLOUR}; }
span { position: absolute; white-space: pre; height: ${height}px; line-height: ${height}px;
  font: ${font}px/${height}px 'DejaVu Sans Mono', monospace; overflow: hidden; }
</style>${spans.join('')}`;
}

/** A line may begin in the tone in which the last one ended, but tmux says it anew. */
function spansOf(line: string, row: number): string[] {
  const spans: string[] = [];
  let look = PLAIN;
  let column = 0;
  for (const [, codes, text] of line.matchAll(TOKENS)) {
    if (text === undefined) {
      for (const code of (codes ?? '').split(';')) look = { ...look, ...CODES[code] };
      continue;
    }
    // Cell by cell where the signs of a font may be wider than its letters.
    for (const part of text.match(/[\u0020-\u007e]+|[^\u0020-\u007e]/gu) ?? []) {
      const cells = [...part].length;
      if (part.trim() !== '' || look.reverse)
        spans.push(spanOf(part, look, { row, column, cells }));
      column += cells;
    }
  }
  return spans;
}

function spanOf(
  text: string,
  { bold, dim, reverse, colour }: Look,
  at: { readonly row: number; readonly column: number; readonly cells: number },
): string {
  const styles = [
    `left:${EDGE + at.column * CELL.width}px;top:${EDGE + at.row * CELL.height}px`,
    `width:${at.cells * CELL.width}px`,
    ...(bold ? ['font-weight:bold'] : []),
    // Bars and frames touch from row to row, as in a terminal; the signs of the font are lower.
    ...(/^[\u2500-\u259f]/.test(text) ? ['transform:scaleY(1.12)'] : []),
    ...(reverse ? [`background:${colour};color:${GROUND}`] : [`color:${dim ? '#8b929e' : colour}`]),
  ];
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<span style="${styles.join(';')}">${safe}</span>`;
}
