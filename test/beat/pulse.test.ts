// When a node speaks: every ten seconds, at once on a change, and never twice within a second.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COALESCE_MS, INTERVAL_MS } from '../../beat/limits.ts';
import { type Pulse, isDue, quickened, spoken, startPulse } from '../../beat/pulse.ts';

test('the first heartbeat is due at once, and each next one ten seconds after the last', () => {
  expect(isDue(startPulse(5), 5)).toBe(true);
  const pulse = spoken(5);
  expect(isDue(pulse, 5 + INTERVAL_MS - 1)).toBe(false);
  expect(isDue(pulse, 5 + INTERVAL_MS)).toBe(true);
});

test('a change is told at once, a second one within the second with it', () => {
  const calm = spoken(0);
  expect(isDue(quickened(calm, 4_000), 4_000)).toBe(true);
  const busy = quickened(spoken(4_000), 4_001);
  expect(isDue(busy, 4_999)).toBe(false);
  expect(isDue(busy, 5_000)).toBe(true);
  expect(quickened(busy, 4_500)).toBe(busy);
});

test('with any changes at any times: never twice in a second, never late, never silent', () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 3_000 }), change: fc.boolean() }), {
    minLength: 20,
    maxLength: 80,
  });
  fc.assert(
    fc.property(steps, (list) => {
      let now = 0;
      let pulse: Pulse = startPulse(now);
      let changedMs: number | null = null;
      let last: number | null = null;
      const run = (untilMs: number): void => {
        for (; now <= untilMs; now += 10) {
          if (!isDue(pulse, now)) continue;
          if (last !== null) {
            expect(now - last).toBeGreaterThanOrEqual(COALESCE_MS);
            expect(now - last).toBeLessThanOrEqual(INTERVAL_MS + 10);
          }
          if (changedMs !== null) expect(now - changedMs).toBeLessThanOrEqual(COALESCE_MS + 10);
          changedMs = null;
          last = now;
          pulse = spoken(now);
        }
      };
      for (const { waitMs, change } of list) {
        run(now + waitMs);
        if (!change) continue;
        changedMs ??= now;
        pulse = quickened(pulse, now);
      }
      run(now + 2 * INTERVAL_MS);
      expect(changedMs).toBeNull();
    }),
  );
});
