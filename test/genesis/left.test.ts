// What is left for the code once a ceremony is over: both daemons, which carried it and took what
// came of it, the lists of processes and sockets, and every file of both folders.

import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { up } from '../daemon/daemons.ts';
import { admitting, ceremonyOf, founded, joining, processesOf } from './machines.ts';
import { inMemory } from './memory.ts';

/** Every way in which somebody might write the code down. */
function spellings(code: string): string[] {
  const bare = code.replaceAll('-', '');
  return [code, bare, bare.slice(0, -1)].flatMap((text) => [text, text.toLowerCase()]);
}

function isIn(text: string, code: string): boolean {
  return spellings(code).some((spelling) => text.includes(spelling));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

/** The sockets by which this machine listens at a port, as /proc/PID/fd names them (proc(5)). */
function listeningAt(port: number): string[] {
  return ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => state === LISTENS && portOf(local) === port)
      .map((fields) => `socket:[${fields[9]}]`),
  );
}

const LISTENS = '0A';

function portOf(local: string): number {
  return Number.parseInt(local.split(':').at(-1) as string, 16);
}

function openIn(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

test('nothing of a code is left in what goes on after its ceremony', async () => {
  const attic = await founded('left');
  const folder = join(attic, '..', 'lamp');
  const daemons = [await up(attic), await up(folder)];
  const pids = daemons.map(({ child }) => child.pid as number);
  const lamp = await joining(folder, '--name', 'lamp', '--hidden');
  const ceremony = await ceremonyOf(lamp);
  // The look finds it where it is.
  expect(inMemory(ceremony, lamp.code)).toBe(true);
  expect(openIn(ceremony)).toEqual(expect.arrayContaining(listeningAt(lamp.port)));
  expect(listeningAt(lamp.port)).toHaveLength(1);
  const admit = admitting(attic, lamp.address, lamp.code);
  const [admitted, joined] = [await admit.ended, await lamp.ended];
  expect([admitted.code, admitted.err, joined.code, joined.err]).toEqual([0, '', 0, '']);

  // Of both folders, the daemons are the processes that are left.
  const left = [...processesOf(folder), ...processesOf(attic)].map((line) =>
    Number.parseInt(line, 10),
  );
  expect(left.toSorted((a, b) => a - b)).toEqual(pids.toSorted((a, b) => a - b));
  for (const pid of pids) {
    for (const name of ['cmdline', 'environ']) {
      expect(isIn(readFileSync(`/proc/${pid}/${name}`, 'latin1'), lamp.code)).toBe(false);
    }
    const open = openIn(pid);
    expect(open.filter((name) => isIn(name, lamp.code))).toEqual([]);
    expect(open.filter((name) => listeningAt(lamp.port).includes(name))).toEqual([]);
    // Its heaps, and all else that can be written there.
    expect([pid, inMemory(pid, lamp.code)]).toEqual([pid, false]);
  }
  const files = [...filesIn(attic), ...filesIn(folder)];
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    expect([file, isIn(readFileSync(file, 'latin1'), lamp.code)]).toEqual([file, false]);
  }
  expect(files.filter((file) => file.endsWith('.part'))).toEqual([]);
  for (const { child, ended } of daemons) {
    child.kill('SIGTERM');
    await ended;
  }
});
