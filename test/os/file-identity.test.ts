// What tells a file from another one that took its place, on the disk that the tests run on.

import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fileIdentity } from '../../src/os/file-identity.ts';
import { temporaryFolder } from '../keys/host.ts';

const folder = temporaryFolder();
const file = join(folder, 'file');

const found = (path = file): fs.BigIntStats => fs.statSync(path, { bigint: true });

test('a file stays itself, whatever is written to it and wherever it goes', async () => {
  fs.writeFileSync(file, 'one');
  const before = fileIdentity(found());
  for (const change of [
    () => fs.appendFileSync(file, 'two'),
    () => fs.writeFileSync(file, ''),
    () => fs.chmodSync(file, 0o600),
    () => fs.utimesSync(file, 1, 2),
    () => fs.linkSync(file, join(folder, 'other')),
    () => fs.renameSync(join(folder, 'other'), file),
  ]) {
    await pause(20);
    change();
    expect(fileIdentity(found())).toBe(before);
  }
});

test('the next file is another one, also where it gets the number of one that is gone', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 8; round++) {
    fs.rmSync(file, { force: true });
    // A file system looks at its clock a few hundred times a second.
    await pause(20);
    fs.writeFileSync(file, 'the same');
    seen.add(fileIdentity(found()));
  }
  expect(seen.size).toBe(8);
});

test('a file system without times of birth has its numbers', () => {
  const nothing = found('/proc/self/stat');
  expect(nothing.birthtimeNs).toBe(0n);
  expect(fileIdentity(nothing)).toBe(String(nothing.ino));
});
