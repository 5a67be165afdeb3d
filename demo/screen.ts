// What is on the screen of a terminal that only kith has written to: lines, a line that is written
// again, a card that is drawn again in its place. It knows no more of a terminal than that.

const ESC = '\u001b';
const TOKENS = new RegExp(
  `${ESC}\\[([0-9;?]*)([A-Za-z])|\\r\\n|\\r|\\n|[^${ESC}\\r\\n]+|${ESC}`,
  'g',
);

/** The lines that can be read now; the last is the one that the cursor stands in. */
export function screenOf(raw: string): string[] {
  const lines = [''];
  for (const [token, number, letter] of raw.matchAll(TOKENS)) {
    if (token === '\r\n' || token === '\n') lines.push('');
    else if (token === '\r') lines[lines.length - 1] = '';
    // Up, always to clear what is below: so that it may be gone at once.
    else if (letter === 'A') lines.splice(Math.max(0, lines.length - Number(number || 1)));
    else if (!token.startsWith(ESC)) lines[lines.length - 1] += token;
    if (lines.length === 0) lines.push('');
  }
  return lines;
}
