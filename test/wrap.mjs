// Wraps comments that are wider than 100 columns, which the formatter leaves as they are. Part of
// `npm run format`. From the first line that is too wide to the end of its paragraph; lists, and
// whatever is no plain comment, stay as they are.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = [
  'beat',
  'bench',
  'demo',
  'docs',
  'ledger',
  'packages',
  'pairing',
  'place',
  'proto',
  'src',
  'test',
  'tui',
  'wg',
].concat('work');
const FOREIGN = new Set(['node_modules', 'dist', 'wire.js', 'wire.d.ts']);
const COLUMNS_MAX = 100;

// What stands before the words, the words, and where it ends the comment, its end.
const LINE = /^(\s*\/\/ )(?![-*\d@ ]|oxlint)(\S.*?)()$/;
const STARRED = /^(\s*\* ) ?(?![-*\d@ ])(\S.*?)( \*\/)?$/;
const OPENING = /^(\s*)\/\*\* (.*?)( \*\/)?$/;

/** `text` with every comment in its columns. */
export function wrapComments(text) {
  const out = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const kind =
      lines[at].length > COLUMNS_MAX && [LINE, STARRED].find((one) => one.test(lines[at]));
    const opening = lines[at].length > COLUMNS_MAX ? OPENING.exec(lines[at]) : null;
    if (opening !== null) {
      const [, indent, words, end] = opening;
      out.push(`${indent}/**`);
      at = paragraph(lines, at, STARRED, [`${indent} * `, words, end], out);
    } else if (kind) at = paragraph(lines, at, kind, kind.exec(lines[at]).slice(1), out);
    else out.push(lines[at]);
  }
  return out.join('\n');
}

/** Fills one paragraph from the line `at`; the place of its last line. */
function paragraph(lines, at, kind, [start, words, firstEnd], out) {
  const all = [words];
  let end = firstEnd;
  for (let next = kind.exec(lines[at + 1] ?? ''); !end; next = kind.exec(lines[at + 1] ?? '')) {
    if (next === null || next[1] !== start) break;
    all.push(next[2]);
    end = next[3];
    at += 1;
  }
  out.push(...fill(start, all.join(' ')));
  if (end) out.push(`${start.trimEnd()}/`);
  return at;
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
