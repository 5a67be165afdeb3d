// The commands on a file system without one free block: what takes authority away still goes
// through, with the room of the ballast, and everything else says so and leaves nothing behind.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kith, type Ran, scratch } from './ledgers.ts';

const folder = scratch('full');
const mount = join(folder, 'small');
const dir = join(mount, 'd');
let mountFault: string | null = null;

beforeAll(async () => {
  fs.mkdirSync(mount);
  const args = ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount];
  const run = spawnSync('mount', args, { encoding: 'utf8' });
  mountFault = run.status === 0 ? null : `no tmpfs can be mounted here: ${run.stderr.trim()}`;
  if (mountFault !== null) return;
  const sheet = ['--sheet', join(folder, 'sheet')];
  const founded = await command('init', 'home', '--node', 'stove', '--no-passphrase', ...sheet);
  expect(founded.code).toBe(0);
  fillUp();
});
afterAll(() => {
  if (mountFault === null) spawnSync('umount', [mount]);
});

function command(...words: string[]): Promise<Ran> {
  return kith([...words, '--dir', dir]);
}

function fillUp(): void {
  const fd = fs.openSync(join(mount, 'others'), 'a');
  try {
    for (;;) fs.writeSync(fd, Buffer.alloc(4096, 1));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
  fs.closeSync(fd);
}

test('a setting is refused in two lines, and the reserve is not touched for it', async (ctx) => {
  if (mountFault !== null) return ctx.skip(mountFault);
  const before = fs.readdirSync(dir);
  for (const words of [['set', 'a.b', '1'], ['set', 'a.b', '1', '--commit'], ['accept-head']]) {
    const ran = await command(...(words[0] === 'accept-head' ? ['ledger', ...words] : words));
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/^error: the disk is full[^\n]*\nhint: [^\n]+\n$/);
  }
  expect(fs.readdirSync(dir)).toEqual(before);
  expect(before).toContain('ballast');
});

test('a removal is staged, signed and stored all the same', async (ctx) => {
  if (mountFault !== null) return ctx.skip(mountFault);
  expect((await command('remove', 'stove')).code).toBe(0);
  fillUp();
  expect((await command('commit', '--yes')).code).toBe(0);
  const state = JSON.parse((await command('ledger', 'state', '--json')).out) as {
    members: { name: string; removed?: object }[];
  };
  expect(state.members.find(({ name }) => name === 'stove')).toHaveProperty('removed');
  expect((await command('ledger', 'verify')).code).toBe(0);
  fs.rmSync(join(mount, 'others'));
  expect((await command('set', 'a.b', '1', '--commit')).code).toBe(0);
  expect(fs.existsSync(join(dir, 'ballast'))).toBe(true);
});

test('where nothing may be written that is said, in two lines, for folders that are to be made, too', async (ctx) => {
  if (mountFault !== null) return ctx.skip(mountFault);
  expect(spawnSync('mount', ['-o', 'remount,ro', mount]).status).toBe(0);
  const sheet = ['--sheet', join(folder, 'another')];
  for (const words of [
    ['set', 'a.b', '2', '--dir', dir],
    ['ledger', 'accept-head', '--dir', dir],
    ['init', 'x', '--node', 'n', '--no-passphrase', ...sheet, '--dir', join(mount, 'new/one')],
    ['ledger', 'import', join(dir, 'nodes.jsonl'), '--dir', join(mount, 'new')],
  ]) {
    const ran = await kith(words);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/^error: [^\n]*the file system is mounted read-only \(/);
    expect(ran.err).toMatch(/\nhint: use a folder that can be written\n$/);
  }
});
