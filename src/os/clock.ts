// The clocks and the random source of the machine: the only place that reads them. The cores get
// both as inputs, and lint refuses `Date.now`, `new Date()` and `Math.random` everywhere else, so a
// test can hold time still and a simulation can be run again from its seed.

import { randomBytes as osRandomBytes } from 'node:crypto';

/** Milliseconds since 1970 by the calendar clock. It jumps: show it, never measure by it. */
export function nowMs(): number {
  return Date.now();
}

/** Milliseconds since some moment, never going back: for time-outs, rates and durations. */
export function monotonicMs(): number {
  return performance.now();
}

/** `count` bytes of the operating system's cryptographic random source. */
export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(osRandomBytes(count));
}
