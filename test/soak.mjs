// `npm run soak [-- --minutes N] [--seed N]`: the simulation over new seeds, the properties of the
// fold over new histories, and races and silences of work, for as long as asked. Ends at the first
// failure and says how to run it again. Reports the rate.

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
  },
});
const SEEDS = 40;
const EVENTS = 3_000;
const RUNS = 1_500;
const began = Date.now();
const until = began + Number(values.minutes) * 60_000;
// A new place to begin at each time; printed, so that it can be given again.
let seed = Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
let steps = 0;
let histories = 0;
let simulatedMs = 0;

function vitest(files, more) {
  const run = spawnSync(join(ROOT, 'node_modules/.bin/vitest'), ['run', ...files], {
    cwd: ROOT,
    env: { ...process.env, ...more },
    encoding: 'utf8',
  });
  if (run.status === 0) return;
  console.log(run.stdout);
  console.log(run.stderr);
  console.log(`FAILED with ${JSON.stringify(more)} after ${steps} steps, ${histories} histories`);
  process.exit(1);
}

console.log(`from seed ${seed}, for ${values.minutes} minutes`);
do {
  const start = Date.now();
  vitest(['test/sim'], { KITH_SIM_SEED: seed, KITH_SIM_SEEDS: SEEDS, KITH_SIM_EVENTS: EVENTS });
  simulatedMs += Date.now() - start;
  steps += SEEDS * EVENTS;
  vitest(['test/ledger/properties.test.ts', 'test/ledger/tiny-quotas.test.ts'], {
    KITH_RUNS: RUNS,
    KITH_PATIENCE_MS: '3600000',
  });
  histories += 14 * RUNS;
  vitest(['test/work/race.test.ts', 'test/work/owner-sim.test.ts', 'test/work/requests.test.ts'], {
    KITH_FIRST: seed,
    KITH_SEEDS: SEEDS,
    KITH_RUNS: RUNS,
    KITH_PATIENCE_MS: '3600000',
  });
  const perMinute = Math.round(steps / (simulatedMs / 60_000));
  console.log(`seed ${seed}: ${steps} steps (${perMinute} a minute), ${histories} histories`);
  seed += SEEDS;
} while (Date.now() < until);
