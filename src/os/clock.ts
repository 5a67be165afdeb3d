// The clocks and the random source of the machine: the only place that reads them. The cores get
// both as inputs, and lint refuses `Date.now`, `new Date()` and `Math.random` everywhere else, so a
// test can hold time still and a simulation can be run again from its seed.

import { getRandomValues, randomBytes as osRandomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import { BOOT_READ_MS, SEEDS_AHEAD } from './limits.ts';

/** Milliseconds since 1970 by the calendar clock. It jumps: show it, never measure by it. */
export function nowMs(): number {
  return Date.now();
}

/** Milliseconds since some moment, never going back: for time-outs, rates and durations. */
export function monotonicMs(): number {
  return performance.now();
}

let newestBootMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

/**
 * Milliseconds since the machine was started, the same for every process: it counts while the
 * machine sleeps, and is kept over a restart of the daemon. To the hundredth of a second.
 */
export function bootMs(): number {
  const atMs = monotonicMs();
  if (atMs - readAtMs < BOOT_READ_MS) return newestBootMs;
  readAtMs = atMs;
  newestBootMs = Math.max(newestBootMs, Math.round(uptime() * 1_000));
  return newestBootMs;
}

/** `count` bytes of the operating system's cryptographic random source. */
export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(osRandomBytes(count));
}

const seeds = new Uint32Array(SEEDS_AHEAD);
let left = 0;

/**
 * 32 bits of the same source for dice, which are thrown many times a second and keep no secret:
 * many are drawn at once.
 */
export function randomSeed(): number {
  if (left === 0) {
    getRandomValues(seeds);
    left = seeds.length;
  }
  return seeds[--left] as number;
}
