// How things are measured: paired runs in turn (A B A B), so that what else happens on the machine
// meets both sides alike, and medians, so that one disturbed run does not decide.

export interface Pair {
  readonly ours: number;
  readonly floor: number;
  /** The median of ours / floor of each turn. */
  readonly ratio: number;
}

/** Runs both in turn; each answers its own figure. One turn beforehand warms up and is dropped. */
export async function paired(
  turns: number,
  ours: () => number | Promise<number>,
  floor: () => number | Promise<number>,
): Promise<Pair> {
  const a: number[] = [];
  const b: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const one = await ours();
    const other = await floor();
    if (turn === 0) continue;
    a.push(one);
    b.push(other);
  }
  return {
    ours: median(a),
    floor: median(b),
    ratio: median(a.map((value, i) => value / (b[i] as number))),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The nearest rank: a value that was measured. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that `work` takes, awaited. */
export async function elapsedMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function perSecond(count: number, ms: number): number {
  return (count * 1000) / ms;
}
