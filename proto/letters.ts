// A code in letters that are read across a room: five rows of blocks a symbol. Consoles and screens
// draw the same ones.

const ROWS = 5;

// Five bits a row, the left one first.
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  '0': [0b01110, 0b10011, 0b10101, 0b11001, 0b01110],
  '1': [0b00100, 0b01100, 0b00100, 0b00100, 0b01110],
  '2': [0b11110, 0b00001, 0b01110, 0b10000, 0b11111],
  '3': [0b11110, 0b00001, 0b01110, 0b00001, 0b11110],
  '4': [0b10010, 0b10010, 0b11111, 0b00010, 0b00010],
  '5': [0b11111, 0b10000, 0b11110, 0b00001, 0b11110],
  '6': [0b01110, 0b10000, 0b11110, 0b10001, 0b01110],
  '7': [0b11111, 0b00001, 0b00010, 0b00100, 0b00100],
  '8': [0b01110, 0b10001, 0b01110, 0b10001, 0b01110],
  '9': [0b01110, 0b10001, 0b01111, 0b00001, 0b01110],
  A: [0b01110, 0b10001, 0b11111, 0b10001, 0b10001],
  B: [0b11110, 0b10001, 0b11110, 0b10001, 0b11110],
  C: [0b01111, 0b10000, 0b10000, 0b10000, 0b01111],
  D: [0b11110, 0b10001, 0b10001, 0b10001, 0b11110],
  E: [0b11111, 0b10000, 0b11110, 0b10000, 0b11111],
  F: [0b11111, 0b10000, 0b11110, 0b10000, 0b10000],
  G: [0b01111, 0b10000, 0b10011, 0b10001, 0b01111],
  H: [0b10001, 0b10001, 0b11111, 0b10001, 0b10001],
  J: [0b00111, 0b00010, 0b00010, 0b10010, 0b01100],
  K: [0b10001, 0b10010, 0b11100, 0b10010, 0b10001],
  M: [0b10001, 0b11011, 0b10101, 0b10001, 0b10001],
  N: [0b10001, 0b11001, 0b10101, 0b10011, 0b10001],
  P: [0b11110, 0b10001, 0b11110, 0b10000, 0b10000],
  Q: [0b01110, 0b10001, 0b10101, 0b10010, 0b01101],
  R: [0b11110, 0b10001, 0b11110, 0b10010, 0b10001],
  S: [0b01111, 0b10000, 0b01110, 0b00001, 0b11110],
  T: [0b11111, 0b00100, 0b00100, 0b00100, 0b00100],
  V: [0b10001, 0b10001, 0b10001, 0b01010, 0b00100],
  W: [0b10001, 0b10001, 0b10101, 0b11011, 0b10001],
  X: [0b10001, 0b01010, 0b00100, 0b01010, 0b10001],
  Y: [0b10001, 0b01010, 0b00100, 0b00100, 0b00100],
  Z: [0b11111, 0b00010, 0b00100, 0b01000, 0b11111],
  '-': [0b00000, 0b00000, 0b01110, 0b00000, 0b00000],
};
const COLUMNS = 5;

/** Columns that a text takes. */
export function lettersWidth(text: string): number {
  return Math.max(0, text.length * (COLUMNS + 1) - 1);
}

/** A text of Crockford symbols and dashes, as rows of blocks. */
export function letters(text: string, block = '█'): string[] {
  return Array.from({ length: ROWS }, (_, row) =>
    [...text].map((one) => rowOf(SHAPES[one]?.[row] ?? 0, block)).join(' '),
  ).map((line) => line.trimEnd());
}

function rowOf(bits: number, block: string): string {
  return Array.from({ length: COLUMNS }, (_, at) =>
    (bits >> (COLUMNS - 1 - at)) & 1 ? block : ' ',
  ).join('');
}
