// Suites in the laboratory. Where this machine can have none, each of their tests is left out with
// the reason, and what they prepare is not prepared.

import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type Lab, lab } from './lab.ts';
import { labMissing } from './machine.ts';

const MISSING = labMissing();
/** Of preparing and of ending: for a machine that hangs. */
const HOOK_LIMIT_MS = 180_000;

/** `suite` gets one laboratory for all of its tests; `prepare` runs before the first of them. */
export function laboratory(
  name: string,
  suite: (net: () => Lab, prepare: (work: () => Promise<void>) => void) => void,
): void {
  describe(name, () => {
    let net: Lab | null = null;
    beforeEach(({ skip }) => {
      if (MISSING !== null) skip(`there can be no laboratory on this machine: ${MISSING}`);
    });
    const prepare = (work: () => Promise<void>): void => {
      if (MISSING === null) beforeAll(work, HOOK_LIMIT_MS);
    };
    prepare(async () => {
      net = await lab();
    });
    // The logs of a failed test are what one wants to see of it.
    afterEach(({ task }) => {
      if (task.result?.state === 'fail') console.log(net?.log() ?? '');
    });
    afterAll(() => net?.close(), HOOK_LIMIT_MS);
    suite(() => net as Lab, prepare);
  });
}
