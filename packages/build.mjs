// The Debian package, by one command: `npm run package [-- --with-node]`. What is built and the
// packages that it needs are staged as they will lie on a machine, and packed by dpkg-deb. The same
// sources give the same bytes: every date is that of the last commit. Spec: docs/packages.md.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { copyrightText, copyShipped } from './contents.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HERE = join(ROOT, 'packages');
/** Debian's name of a processor, by Node's. */
const PROCESSORS = { x64: 'amd64', arm64: 'arm64' };

function main() {
  const withNode = process.argv.includes('--with-node');
  const architecture = PROCESSORS[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) {
    fail('packages are made on Linux, on amd64 or arm64: they hold machine code of both');
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const epochS = dateOfSources();
  const stage = mkdtempSync(join(tmpdir(), 'kith-package-'));
  try {
    stageFiles(stage, withNode);
    stageControl(stage, { version: versionOf(version, withNode), architecture, withNode });
    dateAll(stage, epochS);
    const file = join(ROOT, 'build', `kith_${versionOf(version, withNode)}_${architecture}.deb`);
    mkdirSync(dirname(file), { recursive: true });
    // zstd: read by the dpkg of Debian 12 and later, and packed in seconds.
    const words = ['--root-owner-group', '-Zzstd', '-z6', '--build', stage, file];
    run('dpkg-deb', words, { SOURCE_DATE_EPOCH: String(epochS) });
    console.log(`${file}: ${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function versionOf(version, withNode) {
  return withNode ? `${version}+node${process.versions.node}` : version;
}

function dateOfSources() {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  const log = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' });
  // Sources without their history: the date of the list of their packages.
  const ofFile = () => Math.floor(statSync(join(ROOT, 'package-lock.json')).mtimeMs / 1000);
  return log.status === 0 ? Number(log.stdout) : ofFile();
}

// Where each file of this folder goes.
const PLACES = [
  ['kith.sh', 'usr/bin/kith', 0o755],
  ['names.sh', 'usr/lib/kith/names', 0o755],
  ['kith.service', 'usr/lib/systemd/system/kith.service', 0o644],
  ['kith-names.service', 'usr/lib/systemd/system/kith-names.service', 0o644],
  ['kith-names.path', 'usr/lib/systemd/system/kith-names.path', 0o644],
  ['sysusers.conf', 'usr/lib/sysusers.d/kith.conf', 0o644],
  ['tmpfiles.conf', 'usr/lib/tmpfiles.d/kith.conf', 0o644],
  ['work.conf', 'usr/share/kith/work.conf', 0o644],
];

function stageFiles(stage, withNode) {
  const lib = join(stage, 'usr/lib/kith');
  copyShipped(ROOT, lib, process.arch);
  if (withNode) {
    cpSync(process.execPath, join(lib, 'node'), { dereference: true });
    chmodSync(join(lib, 'node'), 0o755);
  }
  for (const [name, place, mode] of PLACES) put(stage, place, readFileSync(join(HERE, name)), mode);
  const documents = 'usr/share/doc/kith';
  put(stage, `${documents}/copyright`, copyrightText(ROOT, lib, withNode));
  put(stage, `${documents}/changelog.gz`, packed(readFileSync(join(ROOT, 'CHANGELOG.md'))));
  const manual = run(process.execPath, [join(HERE, 'manual.mjs')]);
  put(stage, 'usr/share/man/man1/kith.1.gz', packed(manual));
}

/** Without the date that gzip writes by itself. */
function packed(bytes) {
  return gzipSync(bytes, { level: 9 });
}

function stageControl(stage, { version, architecture, withNode }) {
  const template = readFileSync(join(HERE, 'control'), 'utf8');
  const text = template
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@SIZE@', String(Math.ceil(sizeOf(stage) / 1024)))
    .replace('@NODE@', withNode ? 'libstdc++6 (>= 9), libgcc-s1' : 'nodejs (>= 20.19)');
  put(stage, 'DEBIAN/control', text);
  for (const name of ['postinst', 'prerm', 'postrm']) {
    put(stage, `DEBIAN/${name}`, readFileSync(join(HERE, name)), 0o755);
  }
}

function put(stage, place, bytes, mode = 0o644) {
  const file = join(stage, place);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  chmodSync(file, mode);
}

function entriesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
}

function sizeOf(folder) {
  return entriesOf(folder).reduce((sum, { path }) => sum + statSync(path).size, 0);
}

/** One date, and the modes that Debian wants, whatever the mask of whoever builds. */
function dateAll(stage, epochS) {
  for (const { entry, path } of entriesOf(stage).toReversed()) {
    if (entry.isDirectory()) chmodSync(path, 0o755);
    lutimesSync(path, epochS, epochS);
  }
  chmodSync(stage, 0o755);
  lutimesSync(stage, epochS, epochS);
}

function run(tool, words, env = {}) {
  const done = spawnSync(tool, words, { env: { ...process.env, ...env }, cwd: ROOT });
  if (done.status === 0) return done.stdout;
  fail(`${tool}: ${done.error?.message ?? done.stderr.toString()}`);
}

function fail(why) {
  process.stderr.write(`kith: the package was not made: ${why}\n`);
  process.exit(70);
}

if (!existsSync(join(ROOT, 'dist/.built'))) fail('dist/ is not built: run `npm run package`');
main();
