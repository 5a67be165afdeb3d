// A place in a list that is longer than its window: which row is chosen, and which is on top; and
// what is scrolled by a distance from one end.

import { type Line, span, toned } from './draw.ts';
import type { Glyphs } from './glyphs.ts';

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

/**
 * The rows that are seen, with a mark before each: the chosen one is in another tone as a whole.
 */
export function marked(rows: readonly Line[], { at, top }: Place, glyphs: Glyphs): Line[] {
  return rows.map((row, nth) => {
    const isChosen = top + nth === at;
    const mark = span(isChosen ? `${glyphs.cursor} ` : '  ');
    return isChosen ? toned([mark, ...row], 'chosen') : [mark, ...row];
  });
}

const PAGE = 10;
const DOWN: Readonly<Record<string, number>> = {
  ...{ up: -1, k: -1, down: 1, j: 1, pageup: -PAGE, pagedown: PAGE },
  ...{ home: Number.MIN_SAFE_INTEGER, end: Number.MAX_SAFE_INTEGER },
};

/** How far from the beginning after a key; null where the key scrolls nothing. */
export function scrolledDown(from: number, key: string, most: number): number | null {
  const by = DOWN[key];
  return by === undefined ? null : Math.min(most, Math.max(0, from + by));
}

/** How far back from the end, of what grows there. */
export function scrolledBack(back: number, key: string, most: number): number | null {
  const by = DOWN[key];
  return by === undefined ? null : Math.min(most, Math.max(0, back - by));
}
