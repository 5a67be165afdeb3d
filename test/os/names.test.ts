// What carries the names of a daemon without root's rights into the hosts file: its own lines and
// no others, whatever that daemon has written.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withNames } from '../../wg/hosts.ts';
import { ROOT } from '../repo/sources.ts';

const folder = fs.mkdtempSync(path.join(tmpdir(), 'kith-names-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const [from, to, kept] = ['from', 'to', 'kept'].map((name) => path.join(folder, name)) as [
  string,
  string,
  string,
];
const SYSTEM = '127.0.0.1\tlocalhost\n';
const names = (tag: string, name: string): string =>
  withNames('', tag, [{ name, addresses: ['fd00::1', '10.73.0.2'] }]).text;

function carried(text: string | null): string {
  if (text === null) fs.rmSync(from);
  else fs.writeFileSync(from, text);
  const ran = spawnSync(process.execPath, ['dist/src/names.js', from, to, kept], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  return fs.readFileSync(to, 'utf8');
}

test('names come, change and go again, and those of another daemon stay', () => {
  const other = names('kith99ff00', 'cellar');
  fs.writeFileSync(to, SYSTEM + other);
  const one = names('kith12ab34', 'attic');
  expect(carried(one)).toBe(SYSTEM + other + one);
  expect(carried(names('kith12ab34', 'barn'))).toBe(SYSTEM + other + names('kith12ab34', 'barn'));
  expect(carried('')).toBe(SYSTEM + other);
  carried(one);
  expect(carried(null)).toBe(SYSTEM + other);
});

test('a daemon that was broken into writes no line of its own', () => {
  fs.writeFileSync(to, SYSTEM);
  const [begin = '', first = ''] = names('kith12ab34', 'attic').split('\n');
  const hostile = ['6.6.6.6\tbank.example', '6.6.6.6 localhost', '# end of all', 'x\tnas.kith'];
  const text = [...hostile, begin, ...hostile, first, '6.6.6.6\tbank.example', '# end kith12ab34'];
  const written = carried(`${text.join('\n')}\n`);
  expect(written).not.toContain('6.6.6.6');
  expect(written).not.toContain('nas.kith');
  expect(written.startsWith(SYSTEM)).toBe(true);
});

test('what is no file is not waited for', () => {
  fs.rmSync(from, { force: true });
  spawnSync('mkfifo', [from]);
  const words = ['dist/src/names.js', from, to, kept];
  const ran = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  expect([ran.status, ran.signal]).toEqual([1, null]);
  expect(ran.stderr).toContain('is no file');
});
