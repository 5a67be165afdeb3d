// What a person may have meant: the known word nearest to the one typed.

/** The nearest of `known` to `typed`, or null where none is near. */
export function nearest(typed: string, known: readonly string[]): string | null {
  let best: string | null = null;
  // A third of the letters may be wrong: more is another word.
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of known) {
    const distance = word.startsWith(typed) && typed.length > 1 ? 1 : editDistance(typed, word);
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/** Letters to add, drop, change or swap with their neighbour. */
export function editDistance(a: string, b: string): number {
  let [twoUp, up]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(up, j) + 1, at(row, j - 1) + 1, at(up, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(twoUp, j - 2) + 1);
      row.push(cost);
    }
    [twoUp, up] = [up, row];
  }
  return at(up, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
