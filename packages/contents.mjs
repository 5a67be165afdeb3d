// What of this folder and its packages is shipped: the program as it is built, and each package
// that it needs when it runs. Of a package stay behind its types, maps and tests, the sources of
// its machine code, and that code for other systems: nothing that is loaded.

import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

const IDLE_ENDINGS = ['.ts', '.mts', '.cts', '.map', '.md', '.markdown', '.yml', '.flow'].concat([
  '.c',
  '.cc',
  '.cpp',
  '.h',
  '.gyp',
  '.gypi',
  '.cmake',
  '.html',
  '.tgz',
  '.ps1',
  '.bare',
]);
const IDLE_FOLDERS = [
  'test',
  'tests',
  '__tests__',
  'bench',
  'benchmark',
  'benchmarks',
  'docs',
].concat(['example', 'examples', '.github', '.git', 'node_modules', 'coverage', '.bin']);
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/** Lays out below `lib` what runs on a processor, as Node names it. */
export function copyShipped(root, lib, processor) {
  copyTree(join(root, 'dist'), join(lib, 'dist'), (path) => path.endsWith('.js'));
  // Its version, and that what stands beside it are modules.
  copy(join(root, 'package.json'), join(lib, 'package.json'));
  copy(join(root, 'LICENSE'), join(lib, 'LICENSE'));
  for (const { path } of packagesOf(root)) {
    copyTree(join(root, path), join(lib, path), (inside) => isLoaded(inside, processor));
  }
}

/** What npm has installed for running, by its own list; optional ones are for building only. */
function packagesOf(root) {
  const list = readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8');
  return Object.entries(JSON.parse(list).packages)
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([path, { version, license }]) => ({ path, version, license }));
}

/** `inside`: a path below the folder of the package. */
function isLoaded(inside, processor) {
  const parts = inside.split('/');
  const name = parts.at(-1);
  if (parts.some((part) => IDLE_FOLDERS.includes(part))) return false;
  if (parts[0] === 'prebuilds' && parts.length > 1) return parts[1] === `linux-${processor}`;
  return LICENCE.test(name) || !IDLE_ENDINGS.includes(extname(name));
}

function copyTree(from, to, isWanted, inside = '') {
  for (const entry of readdirSync(join(from, inside), { withFileTypes: true })) {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
    // A folder is gone through where anything in it may be wanted: a prebuild decides by itself.
    if (entry.isDirectory() && !IDLE_FOLDERS.includes(entry.name))
      copyTree(from, to, isWanted, path);
    else if (entry.isFile() && isWanted(path)) copy(join(from, path), join(to, path));
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o644);
}

/** The file that Debian wants: the licence of kith, and that of each package beside it. */
export function copyrightText(root, lib, withNode) {
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  const rows = packagesOf(root).map(({ path, version, license }) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const file = readdirSync(join(lib, path)).find((one) => LICENCE.test(one));
    const where = file === undefined ? '' : `, /usr/lib/kith/${path}/${file}`;
    return `${name} ${version}: ${license ?? 'as its file says'}${where}`;
  });
  const node = `Node.js ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE`;
  return [
    ...['kith:', '', own, '', 'What it brings along in /usr/lib/kith:', ''],
    ...[...(withNode ? [node] : []), ...rows, ''],
  ].join('\n');
}
