// The rows of the plan measure what they say: each turn checks its own changes.

import { expect, test } from 'vitest';
import { planFindings } from '../../bench/mesh/plan.ts';

test('a plan is measured, and its changes are those that were meant', () => {
  const findings = planFindings(20, 2);
  expect(findings.map(({ what }) => what)).toEqual([
    'plan for 20 peers, from an empty interface',
    'plan for 20 peers, with reading what the interface holds',
    'one change at 20 peers, to its command',
  ]);
  for (const { measured } of findings) expect(measured.value).toBeGreaterThan(0);
});
