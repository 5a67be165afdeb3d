// Rows in columns: each as wide as its widest cell, and where the window is too narrow the columns
// that yield are cut, the one that yields first most.

import { type Line, type Span, type Tone, padded, span, widthOf } from './draw.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut down to this many cells where there is no room; never where it is not given. */
  readonly least?: number;
  /** Takes all the room that is left. */
  readonly grows?: boolean;
}

export type Cell = string | Span;

const GAP = 2;

export interface Table {
  readonly head: Line;
  readonly rows: readonly Line[];
}

export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): Table {
  const widths = fit(columns, rows, width);
  const lineOf = (cells: readonly Cell[], tone?: Tone): Line =>
    columns.flatMap(({ align }, at): Span[] => {
      const cell = cells[at] ?? '';
      const { text, tone: its } = typeof cell === 'string' ? span(cell) : cell;
      const its2 = tone ?? its;
      const gap =
        at === columns.length - 1 ? [] : [{ text: ' '.repeat(GAP), tone: tone ?? 'plain' }];
      return [{ text: padded(text, widths[at] ?? 0, align), tone: its2 }, ...(gap as Span[])];
    });
  return {
    head: lineOf(
      columns.map(({ title }) => title),
      'dim',
    ),
    rows: rows.map((row) => lineOf(row)),
  };
}

function fit(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): number[] {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((most, row) => Math.max(most, cellWidth(row[at])), widthOf(title)),
  );
  let over = widths.reduce((sum, one) => sum + one, 0) + GAP * (columns.length - 1) - width;
  // The last of those that yield goes first: what matters most stands on the left.
  for (let at = columns.length - 1; at >= 0 && over > 0; at--) {
    const least = columns[at]?.least;
    if (least === undefined) continue;
    const cut = Math.min(over, Math.max(0, (widths[at] as number) - least));
    widths[at] = (widths[at] as number) - cut;
    over -= cut;
  }
  const grows = columns.findIndex((column) => column.grows === true);
  if (over < 0 && grows >= 0) widths[grows] = (widths[grows] as number) - over;
  return widths;
}

function cellWidth(cell: Cell | undefined): number {
  if (cell === undefined) return 0;
  return widthOf(typeof cell === 'string' ? cell : cell.text);
}
