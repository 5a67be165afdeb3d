// Real processes: killed with no warning, started twice, and what they leave behind.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { StoreFault } from '../../src/store/faults.ts';
import { takeLock } from '../../src/store/lock.ts';
import { type Child, compileChild, startChild } from '../kit/child.ts';
import { CHILD_SPEC, forge } from '../kit/forge.ts';
import { heldIds, openFolder, scratchFolder, seededPick } from '../kit/store-world.ts';

let compiled: ReturnType<typeof compileChild>;
let scratch: ReturnType<typeof scratchFolder>;
let folder: string;
beforeAll(() => {
  compiled = compileChild('test/kit/store-child.ts');
});
afterAll(() => compiled.remove());
beforeEach(() => {
  scratch = scratchFolder();
  folder = join(scratch.folder, 'd');
});
afterEach(() => scratch.remove());

/** Resolves when the child has said so many lines, or has ended. */
function saidLines(child: Child, count: number): Promise<void> {
  return new Promise((resolve) => {
    let lines = 0;
    child.process.stdout?.on('data', (chunk: string) => {
      lines += chunk.split('\n').length - 1;
      if (lines >= count) resolve();
    });
    child.process.on('close', () => resolve());
  });
}
const faultOf = async (work: () => unknown): Promise<StoreFault | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof StoreFault) return error;
    throw error;
  }
};

test('kill -9 at any moment: every acknowledged record is there, and nothing else is', async () => {
  const pick = seededPick(2);
  const acknowledged = new Set<string>();
  const given = new Set<string>();
  const known = forge(CHILD_SPEC);
  for (let round = 0; round < 10; round++) {
    const child = startChild(compiled.script, [folder, '100000']);
    await saidLines(child, 2 + pick(60));
    // Not at the end of a line of its output: somewhere in the work that follows it.
    await new Promise((resolve) => setTimeout(resolve, pick(12)));
    child.process.kill('SIGKILL');
    for (const line of (await child.output).split('\n')) {
      if (line.startsWith('stored ')) acknowledged.add(line.slice(7));
      expect(line, 'the lock of a killed process is taken over').not.toMatch(/^fault/);
    }
    const { store, refused } = await openFolder(folder);
    const held = heldIds(store);
    while (given.size < held.length + 8) given.add(known.next().value?.id ?? '');
    expect(held.filter((id) => !given.has(id))).toEqual([]);
    const lost = [...acknowledged].filter((id) => !held.includes(id));
    expect(lost, `round ${round}`).toEqual([]);
    expect(refused).toEqual([]);
    await store.close();
  }
  expect(acknowledged.size).toBeGreaterThan(100);
});

test('a second process is refused and told which process is in the way', async () => {
  const { store } = await openFolder(folder);
  const child = startChild(compiled.script, [folder, '10']);
  expect(await child.output).toBe(`fault locked process ${process.pid}\n`);
  await store.close();
  const after = startChild(compiled.script, [folder, '10']);
  expect(await after.output).toMatch(/^open 0\nstored /);
});

test('one process opens a ledger once', async () => {
  const { store } = await openFolder(folder);
  const fault = await faultOf(() => openFolder(folder));
  expect(fault).toMatchObject({ code: 'locked', detail: `process ${process.pid}` });
  await store.close();
  await (await openFolder(folder)).store.close();
});

test('LevelDB keeps a second process out where somebody deleted the lock file', async () => {
  const { store } = await openFolder(folder);
  fs.rmSync(join(folder, 'lock'));
  const child = startChild(compiled.script, [folder, '10']);
  expect(await child.output).toBe('fault locked index\n');
  await store.close();
});

test.each([
  ['of a process that is gone', { pid: endedPid(), boot: bootIdNow(), start: '1' }],
  ['of a later process with that number', { pid: process.pid, boot: bootIdNow(), start: '1' }],
  ['from before the machine was started', { pid: process.pid, boot: 'earlier', start: '1' }],
  ['that is garbage', 'garbage'],
])('a lock %s is taken over', (_, content) => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  fs.writeFileSync(join(scratch.folder, 'lock'), text);
  const give = takeLock(scratch.folder);
  expect(fs.readFileSync(join(scratch.folder, 'lock'), 'utf8')).toContain(`"pid":${process.pid}`);
  give();
  expect(fs.readdirSync(scratch.folder)).toEqual([]);
});

function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

function bootIdNow(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
