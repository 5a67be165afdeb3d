// A vitest reporter that only counts: what passed, what failed and why, what passed at its second
// try only, and what was skipped with the reason that the test gave. A suite that did not load and
// an error outside a test are failures. Writes JSON to the file named by KITH_TALLY, for
// test/run.mjs.

import { writeFileSync } from 'node:fs';

export default class Tally {
  onTestRunEnd(modules, errorsOutsideTests) {
    const tally = { passed: 0, failed: [], skipped: [], retried: [] };
    fail(tally, 'outside of any test', errorsOutsideTests);
    for (const module of modules) {
      fail(tally, module.relativeModuleId, module.errors());
      for (const suite of module.children.allSuites()) {
        fail(tally, `${module.relativeModuleId}: ${suite.fullName}`, suite.errors());
      }
      for (const test of module.children.allTests()) count(tally, test);
    }
    writeFileSync(process.env.KITH_TALLY, JSON.stringify(tally));
  }
}

function fail(tally, name, errors) {
  tally.failed.push(...errors.map((error) => ({ name, why: whyOf([error]) })));
}

function count(tally, test) {
  const { state, note, errors = [] } = test.result();
  const name = `${test.module.relativeModuleId}: ${test.fullName}`;
  if ((test.diagnostic()?.retryCount ?? 0) > 0) tally.retried.push({ name, why: whyOf(errors) });
  if (state === 'passed') tally.passed += 1;
  else if (state === 'failed') tally.failed.push({ name, why: whyOf(errors) });
  else tally.skipped.push({ name, why: note ?? 'the test says no reason' });
}

/** Of a test that was tried twice, those of the first time come first. */
function whyOf([error]) {
  return error?.message ?? 'it says nothing';
}
