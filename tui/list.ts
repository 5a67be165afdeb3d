// A place in a list that is longer than its window: which row is chosen, and which is on top.

export interface Place {
  readonly at: number;
  readonly top: number;
}

export const START: Place = { at: 0, top: 0 };
/** The last row, however many there are. */
export const END: Place = { at: Number.MAX_SAFE_INTEGER, top: Number.MAX_SAFE_INTEGER };

/** Within a list of so many rows, seen through a window of so many. */
export function within({ at, top }: Place, count: number, height: number): Place {
  const chosen = Math.max(0, Math.min(at, count - 1));
  const highest = Math.max(0, count - height);
  const seen = Math.min(Math.max(top, chosen - height + 1), chosen);
  return { at: chosen, top: Math.max(0, Math.min(seen, highest)) };
}

const STEPS: Readonly<Record<string, (height: number, count: number) => number>> = {
  up: () => -1,
  k: () => -1,
  down: () => 1,
  j: () => 1,
  pageup: (height) => -height,
  pagedown: (height) => height,
  home: (_, count) => -count,
  end: (_, count) => count,
};

/** The place after a key, or null where the key moves nothing. */
export function moved(place: Place, key: string, count: number, height: number): Place | null {
  const step = STEPS[key];
  if (step === undefined) return null;
  const now = within(place, count, height);
  return within({ ...now, at: now.at + step(height, count) }, count, height);
}
