// The rows of the plan measure what they say: each turn checks its own changes.

import { expect, test } from 'vitest';
import { measurePlan } from '../../bench/mesh/plan.ts';

test('a plan is measured, and its changes are those that were meant', () => {
  const times = measurePlan(20, 2);
  for (const ms of Object.values(times)) expect(ms).toBeGreaterThan(0);
});
