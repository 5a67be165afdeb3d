// The stopwatch of the peers' tasks, and the check that a task really did its work.

/** Milliseconds that `work` takes, awaited. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function mustBe(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
