// A bar on stderr for work that takes a while: only on a terminal, only once the work has taken
// long enough to make a person wonder, and gone when the work is done. A program that asks in place
// of a terminal is told the same line.

import { monotonicMs } from '../os/clock.ts';
import type { Progress } from '../lines/replay.ts';
import { hasAsker, tellStep } from './asker.ts';
import { counted, spanText } from '../../proto/when.ts';

/** What is done before this shows nothing. */
const QUIET_MS = 400;
const EVERY_MS = 100;
const BAR_CHARS = 24;

export interface Bar {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
}

export interface Ticker {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

interface Place {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line of a terminal that is written again and again. */
export function tickerOn(place: Place, now: () => number = monotonicMs): Ticker {
  if (place.isTTY !== true && !hasAsker()) {
    return { show: () => undefined, clear: () => undefined };
  }
  const began = now();
  let drawn: number | null = null;
  return {
    show(text) {
      const at = now();
      if (at - began < QUIET_MS || (drawn !== null && at - drawn < EVERY_MS)) return;
      drawn = at;
      tellStep('progress', text);
      if (place.isTTY === true) place.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (drawn !== null && place.isTTY === true) place.write('\r\u001b[K');
    },
  };
}

export function barOn(place: Place, title: string, now: () => number = monotonicMs): Bar {
  const ticker = tickerOn(place, now);
  const began = now();
  return {
    update: (progress) => ticker.show(barText(title, progress, now() - began)),
    clear: ticker.clear,
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
