// Whatever the umask of whoever calls it, nothing that kith makes is open to others.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, scratch } from './ledgers.ts';

const folder = scratch('modes');

function openly(...words: string[]): void {
  const line = ['-c', 'umask 000; exec "$0" "$@"', join(ROOT, 'kith'), ...words];
  const { status, stderr } = spawnSync('sh', line, { encoding: 'utf8', cwd: folder });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
}

test('every file and folder of the data folder is its owner’s alone under umask 000', () => {
  openly('init', 'home', '--dir', 'data', '--no-passphrase', '--sheet', 'sheet');
  openly('set', 'a.b', '1', '--dir', 'data', '--commit');
  openly('ticket', 'new', '--dir', 'data', '--out', 'ticket');
  const made = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(made).toEqual(expect.arrayContaining(['sheet', 'ticket', 'data/index', 'data/node.key']));
  const open = made.filter((name) => (fs.statSync(join(folder, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});
