// The hosts file on a real disk: in one step with its mode and owner, and in place where it must
// be.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changeHosts } from '../../src/os/hosts-file.ts';
import { withNames, withoutNames } from '../../wg/hosts.ts';

// Not UTF-8, and without an end: it is somebody's.
const FOREIGN = Buffer.from([0x31, 0x20, 0xff, 0xe9, 0x0a, 0x23, 0x80]);
const isRoot = process.geteuid?.() === 0;

let folder = '';
let file = '';

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'kith-hosts-'));
  file = path.join(folder, 'hosts');
  fs.writeFileSync(file, FOREIGN);
});
afterEach(() => {
  spawnSync('umount', [file]);
  fs.rmSync(folder, { recursive: true });
});

const add = (text: string): string =>
  withNames(text, 'kith12ab34', [{ name: 'attic', addresses: ['fd00::1'] }]).text;
const remove = (text: string): string => withoutNames(text, 'kith12ab34');

describe('the hosts file', () => {
  test('is replaced in one step, with its mode, and its bytes stay', () => {
    fs.chmodSync(file, 0o640);
    const before = fs.statSync(file);
    expect(changeHosts(add, file)).toBe('replaced');
    const after = fs.statSync(file);
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode & 0o7777).toBe(0o640);
    const bytes = fs.readFileSync(file);
    expect(bytes.subarray(0, FOREIGN.length)).toEqual(FOREIGN);
    expect(bytes.toString('latin1')).toContain('fd00::1\tattic.kith\n');
    expect(fs.readdirSync(folder)).toEqual(['hosts']);
    expect(changeHosts(remove, file)).toBe('replaced');
    expect(fs.readFileSync(file)).toEqual(Buffer.concat([FOREIGN, Buffer.from('\n')]));
  });

  test('that somebody else writes at the same time loses nothing of theirs', () => {
    let turns = 0;
    const meanwhile = (text: string): string => {
      turns += 1;
      if (turns === 1) fs.appendFileSync(file, '\n10.0.0.1 nas\n');
      return add(text);
    };
    expect(changeHosts(meanwhile, file)).toBe('replaced');
    expect(turns).toBe(2);
    const text = fs.readFileSync(file, 'latin1');
    expect(text).toContain('\n10.0.0.1 nas\n');
    expect(text).toContain('attic.kith');
    expect(fs.readdirSync(folder)).toEqual(['hosts']);
  });

  test('is not touched where nothing differs', () => {
    changeHosts(add, file);
    const before = fs.statSync(file);
    expect(changeHosts(add, file)).toBe('same');
    expect(fs.statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test('keeps its owner', (context) => {
    if (!isRoot) context.skip('giving a file to another user needs root');
    fs.chownSync(file, 12_345, 54_321);
    changeHosts(add, file);
    expect(fs.statSync(file)).toMatchObject({ uid: 12_345, gid: 54_321 });
  });

  test('that is mounted by itself is written over in place', (context) => {
    if (!isRoot) context.skip('a mount needs root');
    const mounted = spawnSync('mount', ['--bind', file, file], { encoding: 'utf8' });
    if (mounted.status !== 0) context.skip(`no bind mount here: ${mounted.stderr.trim()}`);
    const before = fs.statSync(file);
    expect(changeHosts(add, file)).toBe('overwritten');
    expect(fs.statSync(file).ino).toBe(before.ino);
    expect(fs.readFileSync(file, 'latin1')).toContain('attic.kith');
    expect(changeHosts(remove, file)).toBe('overwritten');
    expect(fs.readFileSync(file)).toEqual(Buffer.concat([FOREIGN, Buffer.from('\n')]));
    expect(fs.readdirSync(folder)).toEqual(['hosts']);
  });

  test('behind a link is the file that is changed', () => {
    const link = path.join(folder, 'link');
    fs.symlinkSync('hosts', link);
    changeHosts(add, link);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(file, 'latin1')).toContain('attic.kith');
  });

  test('that is not there is made, for all to read', () => {
    fs.rmSync(file);
    expect(changeHosts(remove, file)).toBe('same');
    expect(changeHosts(add, file)).toBe('replaced');
    expect(fs.statSync(file).mode & 0o7777).toBe(0o644);
  });

  test('in a folder that nobody may write is the fault of the system', () => {
    expect(() => changeHosts(add, '/proc/version')).toThrow();
  });
});
