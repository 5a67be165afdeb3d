// `npm test`, and `npm run check`, which is the same: sets the clone up, runs every check and every
// test, and ends with one line alone, `N passed, N failed, N skipped`. Exits with 1 when anything
// failed. What this machine could not run is named before that line, with the reason.
// Only Node's own modules: on a fresh clone nothing is installed when this begins.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS, runCheck } from './check.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/**
 * @type {{passed: number, failed: number, skipped: {name: string, why: string}[], retried:
 * string[]}}
 */
const total = { passed: 0, failed: 0, skipped: [], retried: [] };

const ready = spawnSync('sh', [join(ROOT, 'src/boot/ready.sh')], { stdio: 'inherit' });
if (ready.status === 0) {
  for (const { name, command } of CHECKS) check(name, command);
  vitest('suites', []);
  vitest('laboratory', asRoot());
} else {
  console.log('FAILED  set-up: nothing could be run');
  total.failed += 1;
}
close();

function check(name, command) {
  const said = runCheck(ROOT, command);
  console.log(`${said === null ? 'ok     ' : 'FAILED '} ${name}`);
  if (said === null) total.passed += 1;
  else {
    total.failed += 1;
    console.log(said);
  }
}

/**
 * Namespaces are root's. Others may be root in a namespace of their own, where the system lets
 * them.
 */
function asRoot() {
  const words = ['unshare', '-Urnm'];
  const isRoot = process.getuid?.() === 0;
  return isRoot || spawnSync(words[0], [...words.slice(1), 'true']).status !== 0 ? [] : words;
}

function vitest(project, before) {
  const folder = mkdtempSync(join(tmpdir(), 'kith-test-'));
  const tallyPath = join(folder, 'tally.json');
  const [tool, ...args] = [
    ...before,
    ...[join(ROOT, 'node_modules/.bin/vitest'), 'run', '--project', project],
    ...['--reporter=default', `--reporter=${join(ROOT, 'test/tally.mjs')}`],
  ];
  const run = spawnSync(tool, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, KITH_TALLY: tallyPath },
  });
  add(project, run.status, tallyPath);
  rmSync(folder, { recursive: true, force: true });
}

function add(project, status, tallyPath) {
  try {
    const tally = JSON.parse(readFileSync(tallyPath, 'utf8'));
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped.push(...tally.skipped);
    total.retried.push(...tally.retried);
    // Vitest can also fail as a whole: no test found, a hook that never ended.
    if (status !== 0 && tally.failed === 0) total.failed += 1;
    if (tally.passed + tally.skipped.length === 0) throw new Error('no test ran');
  } catch (error) {
    console.log(`FAILED  vitest ${project} ended with ${status}: ${error.message}`);
    total.failed += 1;
  }
}

function close() {
  if (total.skipped.length > 0) console.log('\nNOT RUN ON THIS MACHINE:');
  for (const { name, why } of total.skipped) console.log(`  ${name}\n    because ${why}`);
  if (total.retried.length > 0) console.log('\nPASSED OR FAILED AT THE SECOND TRY:');
  for (const name of total.retried) console.log(`  ${name}`);
  console.log('');
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
