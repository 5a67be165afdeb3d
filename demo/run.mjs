// Starts the demonstration from a fresh clone: installs and builds kith, compiles the demonstration
// with its laboratory into demo/dist, and runs that; in a namespace where its caller is root there,
// if the caller is nobody special. `npm run demo -- --help` lists the options. With `pictures` as its
// first word it is `npm run screenshots` (pictures.ts), which plays on the same stage.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOT_OF_ITS_OWN = ['unshare', '-Urnm'];

step('making this clone ready', 'sh', ['src/boot/ready.sh']);
step('compiling', process.execPath, [
  'node_modules/typescript/bin/tsc',
  '-p',
  'demo/tsconfig.json',
]);
// Generated code is JavaScript already, and the compiler leaves it where it is.
cpSync(`${ROOT}/proto/wire.js`, `${ROOT}/demo/dist/proto/wire.js`);
const options = process.argv.slice(2);
const main = options[0] === 'pictures' ? options.shift() : 'main';
const words = [...asRoot(), process.execPath, `${ROOT}/demo/dist/demo/${main}.js`];
const [program, ...args] = [...words, ...options];
const run = spawn(program, args, { stdio: 'inherit' });
// Whoever presses Ctrl-C waits for the end of the cleaning up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => signal === 'SIGINT' || run.kill(signal));
}
run.on('error', (error) => fail(error.message, 1));
run.on('exit', (code) => process.exit(code ?? 1));

/** What stands before the program: nothing for root, and nothing where the system forbids it. */
function asRoot() {
  if (process.getuid() === 0) return [];
  const [tool, ...rest] = ROOT_OF_ITS_OWN;
  return spawnSync(tool, [...rest, 'true']).status === 0 ? ROOT_OF_ITS_OWN : [];
}

function step(what, tool, its) {
  const done = spawnSync(tool, its, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) fail(`${what} failed, see above`, 1);
}

function fail(why, status) {
  process.stderr.write(`demo: ${why}\n`);
  process.exit(status);
}
