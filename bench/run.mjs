// Starts a benchmark from a fresh clone: installs and builds what is measured, compiles it with the
// benchmark into bench/dist, and runs that. `npm run bench:ledger -- --help` lists the options.

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = 'bench/dist';
const BENCHES = ['ledger', 'pairing', 'beat', 'mesh', 'place', 'ui'];

const [name, ...options] = process.argv.slice(2);
if (!BENCHES.includes(name)) fail(`name a benchmark: ${BENCHES.join(', ')}`, 2);

step('making this clone ready', 'sh', ['src/boot/ready.sh']);
rmSync(`${ROOT}/${DIST}`, { recursive: true, force: true });
step('compiling', process.execPath, [
  'node_modules/typescript/bin/tsc',
  '-p',
  'bench/tsconfig.json',
]);
copyPlainScripts();
const run = spawnSync(process.execPath, [`${DIST}/bench/${name}/main.js`, ...options], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(run.status ?? 1);

function step(what, program, args) {
  const done = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) fail(`${what} failed, see above`, 1);
}

// Generated code is JavaScript already, and the compiler leaves it where it is.
function copyPlainScripts() {
  for (const folder of ['proto', 'ledger', 'pairing', 'src']) {
    cpSync(`${ROOT}/${folder}`, `${ROOT}/${DIST}/${folder}`, {
      recursive: true,
      filter: (path) => path.endsWith('.js') || statSync(path).isDirectory(),
    });
  }
}

function fail(why, status) {
  process.stderr.write(`bench: ${why}\n`);
  process.exit(status);
}
