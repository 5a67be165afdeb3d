// Text in columns for people: tables whose cells may be long, and paragraphs. Widths are counted in
// code points: names in a ledger are ASCII, and whatever else stands in a cell is one column a sign
// or makes its row uneven, never unreadable.

export interface Layout {
  readonly indent?: number;
  /** Of the first column, at least. */
  readonly first?: number;
  /** Of the whole line; the last column is wrapped to it. */
  readonly width?: number;
}

const GAP = 2;
/** A last column narrower than this is not wrapped: the terminal does it better. */
const WRAP_MIN = 20;

export function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- colours take no room
  return [...text.replaceAll(/\u001b\[[0-9]+m/g, '')].length;
}

/** Rows of cells, each column as wide as its widest cell. */
export function columnsOf(rows: readonly (readonly string[])[], layout: Layout = {}): string[] {
  const { indent = 0, first = 0, width } = layout;
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(column === 0 ? first : 0, ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const start = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, indent);
  const room = width === undefined ? Number.POSITIVE_INFINITY : width - start;
  return rows.flatMap((row) => {
    const head = row.slice(0, count - 1).map((cell, i) => padded(cell, (widths[i] ?? 0) + GAP));
    const last = row[count - 1] ?? '';
    const lines = room < WRAP_MIN ? [last] : wrapped(last, room);
    return lines.map((line, i) => {
      const before = i === 0 ? ' '.repeat(indent) + head.join('') : ' '.repeat(start);
      return (before + line).trimEnd();
    });
  });
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** A text in lines of at most `width`, broken at spaces; a longer word stays whole. */
export function wrapped(
  text: string,
  width: number,
  indent = 0,
  hanging: number = indent,
): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(indent);
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      [line, empty] = [' '.repeat(hanging), true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines;
}
