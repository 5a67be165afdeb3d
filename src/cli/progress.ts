// A bar on stderr for work that takes a while: only on a terminal, only once the work has taken
// long enough to make a person wonder, and gone when the work is done.

import { monotonicMs } from '../os/clock.ts';
import type { Progress } from '../lines/replay.ts';
import { counted, spanText } from './when.ts';

/** What is done before this shows nothing. */
const QUIET_MS = 400;
const EVERY_MS = 100;
const BAR_CHARS = 24;

export interface Bar {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
}

interface Place {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function barOn(place: Place, title: string, now: () => number = monotonicMs): Bar {
  if (place.isTTY !== true) return { update: () => undefined, clear: () => undefined };
  const began = now();
  let drawn: number | null = null;
  return {
    update(progress) {
      const at = now();
      if (at - began < QUIET_MS || (drawn !== null && at - drawn < EVERY_MS)) return;
      drawn = at;
      place.write(`\r\u001b[K${barText(title, progress, at - began)}`);
    },
    clear() {
      if (drawn !== null) place.write('\r\u001b[K');
    },
  };
}

export function barText(title: string, progress: Progress, elapsedMs: number): string {
  const { bytesDone, bytesTotal, records } = progress;
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesDone / bytesTotal);
  const full = Math.floor(share * BAR_CHARS);
  const bar = `${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const left = share < 0.02 ? '' : `, ${spanText((elapsedMs / share) * (1 - share))} left`;
  return `${title} [${bar}]${percent}  ${counted(records, 'record')}${left}`;
}
