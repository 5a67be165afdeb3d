// A vitest reporter that only counts: what passed, what failed, what passed at its second try only,
// and what was skipped with the reason that the test gave. A suite that did not load and an error
// outside a test are failures. Writes JSON to the file named by KITH_TALLY, for test/run.mjs.

import { writeFileSync } from 'node:fs';

export default class Tally {
  onTestRunEnd(modules, errorsOutsideTests) {
    const tally = { passed: 0, failed: errorsOutsideTests.length, skipped: [], retried: [] };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed += 1;
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) tally.failed += 1;
      }
      for (const test of module.children.allTests()) count(tally, test);
    }
    writeFileSync(process.env.KITH_TALLY, JSON.stringify(tally));
  }
}

function count(tally, test) {
  const { state, note } = test.result();
  if ((test.diagnostic()?.retryCount ?? 0) > 0) tally.retried.push(test.fullName);
  if (state === 'passed') tally.passed += 1;
  else if (state === 'failed') tally.failed += 1;
  else tally.skipped.push({ name: test.fullName, why: note ?? 'the test says no reason' });
}
