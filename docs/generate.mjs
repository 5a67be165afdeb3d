// Writes the tables of codes into the documents: between `<!-- table: FILE NAME -->` and
// `<!-- end -->` stands what the table NAME of that source file holds, and prose around it stays.
// `npm run docs` writes; test/repo/docs.test.ts compares, and demands a place for every table.
// Also writes docs/commands.md, all of it, from the catalogue of commands, and the fields of
// docs/work.md, the keys of docs/tui.md, and draws the diagrams of docs/pairing.md and
// docs/links.md.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { redraw } from './diagram.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The documents with generated tables. */
export const PAGES = ['docs/errors.md'];

const BLOCK = /<!-- table: (\S+) (\S+) -->\n[\s\S]*?<!-- end -->/g;

// What each column says, and how it is headed. A table has those that its rows have.
const COLUMNS = [
  ['what', 'what happened', (value) => value],
  ['blame', 'caused by', (value) => value],
  ['normal', 'normal', (value) => (value ? 'yes' : 'no')],
  ['elsewhere', 'another host may do better', (value) => (value ? 'yes' : 'no')],
  ['hint', 'what to do', (value) => value],
];

/**
 * `text` with every block written again; `tableOf(file, name)` gives the table of a source file.
 */
export function fill(text, tableOf) {
  return text.replaceAll(BLOCK, (_, file, name) => {
    const table = tableOf(file, name);
    return `<!-- table: ${file} ${name} -->\n${rowsOf(table)}<!-- end -->`;
  });
}

/** The (file, name) of every block of `text`, as `file name`. */
export function blocksOf(text) {
  return [...text.matchAll(BLOCK)].map(([, file, name]) => `${file} ${name}`);
}

function rowsOf(table) {
  const entries = Object.entries(table);
  const columns = COLUMNS.filter(([field]) => entries.some(([, facts]) => field in facts));
  const head = ['code', ...columns.map(([, title]) => title)];
  const rows = entries.map(([code, facts]) => [
    `\`${code}\``,
    ...columns.map(([field, , say]) => say(facts[field] ?? '')),
  ]);
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

async function main() {
  const ready = spawnSync('sh', [join(ROOT, 'src/boot/ready.sh')], { stdio: 'inherit' });
  if (ready.status !== 0) process.exit(ready.status ?? 70);
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const modules = new Map();
    for (const block of blocksOf(text)) {
      const [file] = block.split(' ');
      const path = join(ROOT, 'dist', file.replace(/\.ts$/, '.js'));
      modules.set(file, await import(pathToFileURL(path).href));
    }
    writeFileSync(
      join(ROOT, page),
      fill(text, (file, name) => modules.get(file)[name]),
    );
  }
  const { TRANSITIONS } = await import(pathToFileURL(join(ROOT, 'dist/pairing/machine.js')).href);
  const pairing = join(ROOT, 'docs/pairing.md');
  writeFileSync(pairing, redraw(readFileSync(pairing, 'utf8'), TRANSITIONS));
  const { LINK } = await import(pathToFileURL(join(ROOT, 'dist/wg/link-table.js')).href);
  const links = join(ROOT, 'docs/links.md');
  writeFileSync(links, redraw(readFileSync(links, 'utf8'), { link: LINK }));
  const table = join(ROOT, 'dist/src/cli/spec-table.js');
  const { withFields } = await import(pathToFileURL(table).href);
  const work = join(ROOT, 'docs/work.md');
  writeFileSync(work, withFields(readFileSync(work, 'utf8')));
  const keys = join(ROOT, 'dist/src/cli/screen-keys.js');
  const { withKeys } = await import(pathToFileURL(keys).href);
  const screens = join(ROOT, 'docs/tui.md');
  writeFileSync(screens, withKeys(readFileSync(screens, 'utf8')));
  const { manual } = await import(pathToFileURL(join(ROOT, 'dist/src/cli/manual.js')).href);
  writeFileSync(join(ROOT, 'docs/commands.md'), manual());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
