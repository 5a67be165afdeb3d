import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import { keyDisk } from '../../src/keys/disk.ts';
import { createSecretFile, readSecretFile, replaceSecretFile } from '../../src/keys/secret-file.ts';
import { type Stop, Stopped, simulatedDisk } from '../kit/key-disk.ts';
import { temporaryFolder } from './host.ts';

const folder = temporaryFolder();
const rules = { sizeMax: 100 };
let count = 0;
const fresh = (): string => path.join(folder, `f${count++}`);
const modeOf = (file: string): number => fs.statSync(file).mode & 0o7777;

describe('a secret file', () => {
  test.each([0o000, 0o022, 0o777])('is 0600 before its first byte under umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      const file = fresh();
      const modes: number[] = [];
      const watched = {
        ...keyDisk,
        write(fd: number, bytes: Uint8Array) {
          modes.push(fs.fstatSync(fd).mode & 0o7777, fs.fstatSync(fd).size);
          return keyDisk.write(fd, bytes);
        },
      };
      expect(createSecretFile(watched, file, () => utf8('secret')).ok).toBe(true);
      expect(modes).toEqual([0o600, 0]);
      expect(modeOf(file)).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  test('stands in a folder that is closed to others when it had to be made', () => {
    const file = path.join(fresh(), 'key');
    createSecretFile(keyDisk, file, () => utf8('secret'));
    expect(modeOf(path.dirname(file))).toBe(0o700);
  });

  test('is never overwritten by a new one, and leaves no draft behind', () => {
    const inside = fresh();
    const file = path.join(inside, 'key');
    createSecretFile(keyDisk, file, () => utf8('first'));
    const second = createSecretFile(keyDisk, file, () => utf8('second'));
    expect(second).toMatchObject({ ok: false, code: 'file-exists' });
    expect(fs.readFileSync(file, 'utf8')).toBe('first');
    expect(fs.readdirSync(inside)).toEqual(['key']);
  });

  test('is replaced whole, with mode 0600, and leaves no draft behind', () => {
    const inside = fresh();
    const file = path.join(inside, 'key');
    createSecretFile(keyDisk, file, () => utf8('first'));
    fs.writeFileSync(`${file}.draft-1`, 'left by a crash');
    replaceSecretFile(keyDisk, file, () => utf8('second'));
    expect(fs.readFileSync(file, 'utf8')).toBe('second');
    expect(modeOf(file)).toBe(0o600);
    expect(fs.readdirSync(inside)).toEqual(['key']);
  });

  test.each([0o640, 0o604, 0o620, 0o601, 0o644, 0o660])(
    'with mode %o is refused, and the chmod that is shown helps',
    (mode) => {
      const file = fresh();
      fs.writeFileSync(file, 'secret');
      fs.chmodSync(file, mode);
      const read = readSecretFile(keyDisk, file, rules);
      expect(read).toMatchObject({ ok: false, code: 'file-open-to-others' });
      spawnSync('sh', ['-c', read.ok ? '' : read.detail]);
      expect(readSecretFile(keyDisk, file, rules)).toEqual({ ok: true, value: utf8('secret') });
    },
  );

  test('of another user is refused to anyone but root, and one of root is not', () => {
    const file = fresh();
    createSecretFile(keyDisk, file, () => utf8('secret'));
    const ownedBy = (uid: number) => ({
      ...keyDisk,
      facts: (fd: number) => ({ ...keyDisk.facts(fd), uid }),
    });
    const euid = vi.spyOn(process as { geteuid: () => number }, 'geteuid');
    const outcome = (as: number, uid: number): string => {
      euid.mockReturnValue(as);
      const read = readSecretFile(ownedBy(uid), file, rules);
      return read.ok ? 'read' : read.code;
    };
    expect(outcome(1000, 1001)).toBe('file-foreign');
    expect(outcome(1000, 1000)).toBe('read');
    expect(outcome(1000, 0)).toBe('read');
    expect(outcome(0, 1001)).toBe('read');
    euid.mockRestore();
  });

  test('that is missing, a folder, or too long is refused by what it is', () => {
    const file = fresh();
    expect(readSecretFile(keyDisk, file, rules)).toMatchObject({ code: 'file-missing' });
    expect(readSecretFile(keyDisk, folder, rules)).toMatchObject({ code: 'file-kind' });
    expect(readSecretFile(keyDisk, `${folder}/f0/x`, rules)).toMatchObject({
      code: 'file-unreadable',
    });
    createSecretFile(keyDisk, file, () => new Uint8Array(101));
    expect(readSecretFile(keyDisk, file, rules)).toMatchObject({ code: 'file-too-long' });
    expect(readSecretFile(keyDisk, file, { sizeMax: 101 }).ok).toBe(true);
  });

  test('may be a pipe where that is said; elsewhere a pipe is refused without waiting', () => {
    const pipe = fresh();
    expect(spawnSync('mkfifo', ['-m', '600', pipe]).status).toBe(0);
    expect(readSecretFile(keyDisk, pipe, rules)).toMatchObject({ code: 'file-kind' });
    spawn('sh', ['-c', `printf from-a-pipe > ${pipe}`]);
    const read = readSecretFile(keyDisk, pipe, { ...rules, pipe: true });
    expect(read).toEqual({ ok: true, value: utf8('from-a-pipe') });
  });
});

/** Every act of `work` stopped in every way. */
function everyStop(acts: number): Stop[] {
  const stops: Stop[] = [];
  for (let at = 1; at <= acts; at++) {
    for (const share of [0, 0.5, 1]) {
      stops.push({ at, share, by: 'kill', unsynced: 1 });
      for (const unsynced of [0, 0.5, 1]) stops.push({ at, share, by: 'power', unsynced });
    }
  }
  return stops;
}

describe('whenever the world stops', () => {
  const file = '/keys/key';
  const old = utf8('the old secret');
  const next = utf8('a new secret of another size');

  test('a new secret file is whole or absent, and a second try makes it', () => {
    const counting = simulatedDisk();
    createSecretFile(counting, file, () => next);
    const stops = everyStop(counting.acts);
    expect(stops.length).toBeGreaterThan(60);
    for (const stop of stops) {
      const disk = simulatedDisk();
      disk.stopAt(stop);
      expect(() => createSecretFile(disk, file, () => next)).toThrow(Stopped);
      disk.restart();
      const found = disk.content(file);
      if (found !== undefined) expect(Buffer.from(found)).toEqual(Buffer.from(next));
      const again = createSecretFile(disk, file, () => next);
      expect(again.ok).toBe(found === undefined);
      // What the crash left is swept by the next one who writes a secret here.
      replaceSecretFile(disk, file, () => next);
      expect(disk.names('/keys')).toEqual(['key']);
    }
  });

  test('a replaced secret file is the old one or the new one', () => {
    const counting = simulatedDisk();
    counting.put(file, old);
    replaceSecretFile(counting, file, () => next);
    for (const stop of everyStop(counting.acts)) {
      const disk = simulatedDisk();
      disk.put(file, old);
      disk.stopAt(stop);
      expect(() => replaceSecretFile(disk, file, () => next)).toThrow(Stopped);
      const found = Buffer.from(disk.content(file) as Uint8Array).toString();
      expect([Buffer.from(old).toString(), Buffer.from(next).toString()]).toContain(found);
    }
  });
});
