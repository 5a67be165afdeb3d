// The properties of the fold over random histories. KITH_RUNS makes more of them; a failure prints
// the history's steps and the seed of its dice, which run again as they stand.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { histories, PATIENCE_MS, RUNS } from '../kit/arbitrary.ts';
import { dice, historyOf } from '../kit/history.ts';
import { PROPERTIES } from '../kit/properties.ts';

for (const [claim, holds] of Object.entries(PROPERTIES)) {
  test(claim, { timeout: PATIENCE_MS }, () => {
    fc.assert(
      fc.property(histories, fc.nat(), (made, seed) => holds(historyOf(made), dice(seed))),
      { numRuns: RUNS },
    );
    expect.hasAssertions();
  });
}
