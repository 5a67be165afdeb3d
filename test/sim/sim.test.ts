// The simulation over some seeds: those that once failed, and a few more. `npm run sim -- --seed N`
// runs one again and shows what happened; `npm run soak` runs new ones for as long as one likes.

import { expect, test } from 'vitest';
import { askedRun, keptRuns } from './seeds.ts';
import { type Report, simulate } from './simulation.ts';

const asked = askedRun();

if (asked !== null) {
  const { from, seeds, events } = asked;
  test(`seeds ${from} to ${from + seeds - 1}, ${events} events each`, { timeout: 0 }, async () => {
    const reports: Report[] = [];
    for (let seed = from; seed < from + seeds; seed++) reports.push(await simulate(seed, events));
    const sum = (of: (report: Report) => number): number => reports.reduce((n, r) => n + of(r), 0);
    console.log(
      `${sum((r) => r.steps)} steps, ${sum((r) => r.records)} records, ` +
        `${sum((r) => r.crashes)} crashes, ${sum((r) => r.syncs)} syncs`,
    );
  });
} else {
  test.each(keptRuns())(
    'seed $seed, which once failed: nothing acknowledged is lost, nobody honest forks, all agree',
    async ({ seed, events }) => {
      expect((await simulate(seed, events)).steps).toBe(events);
    },
  );

  test.each([1, 2, 3, 4, 5, 6])('seed %i', async (seed) => {
    const report = await simulate(seed, 1_500);
    expect(report.steps).toBe(1_500);
    expect(report.roundsToAgree).toBeLessThanOrEqual(4);
  });

  test('one seed is one run', async () => {
    expect(await simulate(7, 600)).toEqual(await simulate(7, 600));
  });
}
