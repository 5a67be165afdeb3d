// When to speak: every ten seconds, and at once when something has changed, though never twice
// within a second. Times are of a clock that never goes back. Spec: docs/heartbeat.md, "Pulse".

import { COALESCE_MS, INTERVAL_MS } from './limits.ts';

export interface Pulse {
  /** When we spoke last; null before the first time. */
  readonly lastMs: number | null;
  /** When to speak next. */
  readonly nextMs: number;
}

/** A new pulse speaks at once. */
export function startPulse(nowMs: number): Pulse {
  return { lastMs: null, nextMs: nowMs };
}

/** Something has changed: the next heartbeat is brought forward, and carries all such changes. */
export function quickened(pulse: Pulse, nowMs: number): Pulse {
  const soonest = pulse.lastMs === null ? nowMs : Math.max(nowMs, pulse.lastMs + COALESCE_MS);
  return soonest < pulse.nextMs ? { ...pulse, nextMs: soonest } : pulse;
}

export function isDue(pulse: Pulse, nowMs: number): boolean {
  return nowMs >= pulse.nextMs;
}

/** We have spoken. What was missed while the machine slept is not made up for. */
export function spoken(nowMs: number): Pulse {
  return { lastMs: nowMs, nextMs: nowMs + INTERVAL_MS };
}
