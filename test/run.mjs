// `npm test`, and `npm run check`, which is the same: sets the clone up, runs every check and every
// test, and ends with one line alone, `N passed, N failed, N skipped`. Exits with 1 when anything
// failed. What failed, and what this machine could not run, is named before that line, with the
// reason.
// The laboratory runs beside all else and goes first: what it does waits for real timers, so that
// its processors stand idle half of the time, and the rest, which does not look at the clock, takes
// what is left over.
// Only Node's own modules: on a fresh clone nothing is installed when this begins.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS, runCheck } from './check.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** @typedef {{name: string, why: string}[]} Tests */
/** @type {{passed: number, failed: Tests, skipped: Tests, retried: Tests}} */
const total = { passed: 0, failed: [], skipped: [], retried: [] };

/** How much the rest gives way to the laboratory: a tenth of its share where both want a core. */
const GIVES_WAY = 10;

const ready = spawnSync('sh', [join(ROOT, 'src/boot/ready.sh')], { stdio: 'inherit' });
if (ready.status === 0) {
  const laboratory = vitest(['laboratory'], asRoot(), { aside: true });
  setPriority(GIVES_WAY);
  for (const { name, command } of CHECKS) check(name, command);
  await vitest(['suites', 'programs'], [], { aside: false });
  process.stdout.write(await laboratory);
} else {
  fail('set-up', 'nothing could be run');
}
close();

function check(name, command) {
  const said = runCheck(ROOT, command);
  console.log(`${said === null ? 'ok     ' : 'FAILED '} ${name}`);
  if (said === null) total.passed += 1;
  else {
    fail(name, said);
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

/**
 * Runs projects of vitest, counts what they found, and answers what was said: nothing where that
 * went to the terminal, and all of it where another has the terminal meanwhile.
 */
async function vitest(projects, before, { aside }) {
  const folder = mkdtempSync(join(tmpdir(), 'kith-test-'));
  const [tallyPath, saidPath] = [join(folder, 'tally.json'), join(folder, 'said')];
  const [tool, ...args] = [
    ...before,
    ...[join(ROOT, 'node_modules/.bin/vitest'), 'run'],
    ...projects.flatMap((project) => ['--project', project]),
    ...['--reporter=default', `--reporter=${join(ROOT, 'test/tally.mjs')}`],
  ];
  const said = openSync(saidPath, 'w');
  const run = spawn(tool, args, {
    cwd: ROOT,
    stdio: aside ? ['ignore', said, said] : 'inherit',
    env: { ...process.env, KITH_TALLY: tallyPath },
  });
  closeSync(said);
  const status = await new Promise((resolve) => {
    run.once('exit', resolve).once('error', ({ message }) => resolve(message));
  });
  add(projects.join(' and '), status, tallyPath);
  const text = readFileSync(saidPath, 'utf8');
  rmSync(folder, { recursive: true, force: true });
  return text;
}

function add(projects, status, tallyPath) {
  try {
    const tally = JSON.parse(readFileSync(tallyPath, 'utf8'));
    total.passed += tally.passed;
    total.failed.push(...tally.failed);
    total.skipped.push(...tally.skipped);
    total.retried.push(...tally.retried);
    // Vitest can also fail as a whole: no test found, a hook that never ended.
    if (status !== 0 && tally.failed.length === 0)
      fail(`vitest ${projects}`, `ended with ${status}`);
    if (tally.passed + tally.skipped.length === 0) throw new Error('no test ran');
  } catch (error) {
    fail(`vitest ${projects}`, `ended with ${status}: ${error.message}`);
  }
}

function fail(name, why) {
  total.failed.push({ name, why });
}

function close() {
  list('NOT RUN ON THIS MACHINE', total.skipped);
  list('PASSED OR FAILED AT THE SECOND TRY', total.retried);
  list('FAILED', total.failed);
  console.log('');
  const [failed, skipped] = [total.failed.length, total.skipped.length];
  console.log(`${total.passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function list(heading, tests) {
  if (tests.length > 0) console.log(`\n${heading}:`);
  for (const { name, why } of tests) console.log(`  ${name}\n    because ${firstLineOf(why)}`);
}

function firstLineOf(text) {
  return text.trimStart().split('\n', 1)[0];
}
