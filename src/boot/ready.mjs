// Installs and builds where that is needed, and only there: packages when node_modules is not what
// package-lock.json says, dist/ when the sources are not those it was built from. Called by
// ready.sh, under its lock. Only Node's own modules: nothing is installed yet.
// A half-finished install or build is never taken for a whole one: npm writes its own list last,
// and dist/ is built beside and moved into place.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What dist/ is made from. ./kith watches the same list; a test compares them. */
export const SOURCES = ['proto', 'ledger', 'pairing', 'beat', 'wg', 'work', 'place', 'tui', 'src'];
const SETTINGS = ['tsconfig.build.json', 'tsconfig.json', 'package-lock.json'];

/** Null where node_modules holds what the lock file asks for, else the first difference. */
export function installGap(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  let held;
  try {
    held = packagesOf(join(root, 'node_modules/.package-lock.json'));
  } catch {
    return 'the packages are not installed';
  }
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    const found = held[path];
    // What is for another system stays out of node_modules.
    if (path === '' || (found === undefined && optional)) continue;
    if (found?.version !== version || found.integrity !== integrity)
      return `${path} is not as locked`;
  }
  return null;
}

function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

// Not `npm ci`: it refuses a lock file that lacks the builds for other systems of an optional
// package, and a registry mirror that does not carry those lets nobody write a lock that has them.
// What it promises is looked at here instead: afterwards every package must be as locked.
function install(root) {
  const gap = installGap(root);
  if (gap === null) return;
  say(`installing packages (${gap}); this takes a minute, once`);
  const args = ['install', '--no-save', '--include=dev', '--loglevel=error'];
  const run = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  const left = installGap(root);
  if (run.status === 0 && left === null) return;
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}`);
  const ended = run.error?.message ?? `npm install ended with ${run.status ?? run.signal}`;
  fail(
    `the packages could not be installed: ${run.status === 0 ? left : ended}`,
    'It needs npm, the npm registry and a writable folder. What npm said stands above.',
  );
}

/** Names the sources by content: equal names, equal program. */
export function sourcesDigest(root) {
  const hash = createHash('sha256');
  for (const path of [...SETTINGS, ...SOURCES.flatMap((folder) => filesUnder(root, folder))]) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

function filesUnder(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function build(root) {
  const stamp = join(root, 'dist/.built');
  const next = folderBeside(root);
  // From before the sources are read: what changes meanwhile is younger, and seen at the next
  // start.
  const began = next === null ? null : statSync(next).mtime;
  const digest = sourcesDigest(root);
  const isFresh = builtFrom(stamp) === digest;
  if (next === null) {
    if (!isFresh) fail('dist/ is not built, and this folder cannot be written', 'Who owns it?');
    return;
  }
  if (!isFresh) {
    say('building');
    compile(root, next);
  }
  writeFileSync(join(next, '.built'), digest);
  utimesSync(join(next, '.built'), began, began);
  if (isFresh) renameSync(join(next, '.built'), stamp);
  else moveIn(root, next);
  rmSync(next, { recursive: true, force: true });
}

function moveIn(root, next) {
  const dist = join(root, 'dist');
  if (existsSync(dist)) renameSync(dist, `${next}-last`);
  renameSync(next, dist);
  rmSync(`${next}-last`, { recursive: true, force: true });
}

// A folder on the same disk, so that moving it is one step; null in a tree that is read-only.
function folderBeside(root) {
  try {
    for (const name of readdirSync(root)) {
      if (name.startsWith('dist-')) rmSync(join(root, name), { recursive: true, force: true });
    }
    return mkdtempSync(join(root, 'dist-'));
  } catch {
    return null;
  }
}

function builtFrom(stamp) {
  try {
    return readFileSync(stamp, 'utf8').trim();
  } catch {
    return null;
  }
}

function compile(root, next) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  step(root, next, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', next]);
  for (const path of SOURCES.flatMap((folder) => filesUnder(root, folder))) {
    if (!path.endsWith('.js')) continue;
    mkdirSync(dirname(join(next, path)), { recursive: true });
    copyFileSync(join(root, path), join(next, path));
  }
  step(root, next, [join(root, 'src/boot/bundle.mjs'), next]);
}

function step(root, next, args) {
  const run = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (run.status === 0) return;
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}`);
  rmSync(next, { recursive: true, force: true });
  fail('the build failed', 'See above; `git status` shows what differs from what was released.');
}

function say(what) {
  process.stderr.write(`kith: ${what}\n`);
}

function fail(what, hint) {
  process.stderr.write(`kith: ${what}\n${hint}\n`);
  process.exit(70);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    install(ROOT);
    build(ROOT);
  } catch (error) {
    // A file that is gone, a disk that is full: what the system says is the best that can be said.
    fail(`this clone cannot be built: ${error.message}`, '`git status` shows what it lacks.');
  }
}
