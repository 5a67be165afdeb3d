// `npm run sim -- --seed N [--events N] [--trace N]`: one run of the simulation again, with what
// happened in it where it fails.

import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    events: { type: 'string', default: '3000' },
    trace: { type: 'string', default: '60' },
  },
});
if (!/^[0-9]+$/.test(values.seed ?? '')) {
  console.error('npm run sim -- --seed N [--events N] [--trace LINES]');
  process.exit(2);
}
const env = {
  ...process.env,
  KITH_SIM_SEED: values.seed,
  KITH_SIM_EVENTS: values.events,
  KITH_SIM_TRACE: values.trace,
};
const vitest = join(ROOT, 'node_modules/.bin/vitest');
const run = spawnSync(vitest, ['run', 'test/sim'], { cwd: ROOT, stdio: 'inherit', env });
process.exit(run.status ?? 1);
