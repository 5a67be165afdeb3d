// Wraps comments that are wider than 100 columns, which the formatter leaves as they are. Part of
// `npm run format`. From the first line that is too wide to the end of its paragraph; lists, and
// whatever is no plain comment, stay as they are.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['bench', 'docs', 'ledger', 'proto', 'src', 'test'];
const FOREIGN = new Set(['node_modules', 'dist', 'wire.js', 'wire.d.ts']);
const COLUMNS_MAX = 100;

const PLAIN = /^(\s*)\/\/ (?![-*\d@]|oxlint)(\S.*)$/;
const ONE_LINE_DOC = /^(\s*)\/\*\* (.*) \*\/$/;

/** `text` with every comment in its columns. */
export function wrapComments(text) {
  const out = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const doc = ONE_LINE_DOC.exec(line);
    const plain = PLAIN.exec(line);
    if (line.length <= COLUMNS_MAX || (doc === null && plain === null)) out.push(line);
    else if (doc !== null) {
      const [, indent, words] = doc;
      out.push(`${indent}/**`, ...fill(`${indent} * `, words), `${indent} */`);
    } else {
      const paragraph = [plain[2]];
      while (PLAIN.exec(lines[at + 1] ?? '')?.[1] === plain[1]) {
        paragraph.push(PLAIN.exec(lines[++at])[2]);
      }
      out.push(...fill(`${plain[1]}// `, paragraph.join(' ')));
    }
  }
  return out.join('\n');
}

function fill(start, words) {
  const lines = [];
  let line = start;
  for (const word of words.split(/ +/)) {
    if (line !== start && line.length + word.length > COLUMNS_MAX) {
      lines.push(line.trimEnd());
      line = start;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

function wrapUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (FOREIGN.has(entry.name)) continue;
    if (entry.isDirectory()) wrapUnder(path);
    else if (/\.(ts|mjs)$/.test(entry.name)) {
      const text = readFileSync(path, 'utf8');
      const wrapped = wrapComments(text);
      if (wrapped !== text) writeFileSync(path, wrapped);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of FOLDERS) wrapUnder(join(ROOT, folder));
}
