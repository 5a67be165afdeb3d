// A daemon that hosts work, as a real process: killed under fifty running jobs it finds all of them
// again and starts none anew; stopped in order it leaves them running.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { askDaemon, findDaemon } from '../../src/daemon/client.ts';
import type { DaemonFault } from '../../src/daemon/refusals.ts';
import { socketFile } from '../../src/home/folder.ts';
import type { Works } from '../../src/daemon/work-routes.ts';
import type { Spec } from '../../work/spec.ts';
import { kith, scratch } from '../cli/ledgers.ts';
import { compileChild } from '../kit/child.ts';
import { type ProcessDriver, processDriver } from '../kit/process-driver.ts';
import { specOf } from '../work/specs.ts';
import { founded } from './daemons.ts';

const folder = scratch('working');
let compiled: ReturnType<typeof compileChild>;
let dir = '';
let processes = '';
let driver: ProcessDriver;
const children = new Set<ChildProcess>();
let made = 0;

beforeAll(async () => {
  compiled = compileChild('test/kit/work-child.ts');
  expect((await kith(['version'])).code).toBe(0);
});
beforeEach(async () => {
  made += 1;
  dir = await founded(join(folder, `attic-${made}`), 'attic');
  processes = join(folder, `processes-${made}`);
  driver = processDriver(processes);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (let at = 1; at <= made; at++) {
    const base = join(folder, `processes-${at}`);
    if (!existsSync(base)) continue;
    const left = processDriver(base);
    for (const { tag } of await left.recover(() => null)) await left.destroy(tag);
  }
  compiled.remove();
});

async function up(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [compiled.script, dir, processes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  child.stdout.resume();
  await expect.poll(async () => (await findDaemon(dir).catch(() => null))?.state).toBe('running');
  return child;
}
const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => void child.once('close', resolve));

function sleeping(name: string, command = 'sleep 100'): Spec {
  return specOf({
    ...{ name, job: { image: 'sh', command: [command] } },
    resources: { cpuMilli: 10, memMiB: 16, diskMiB: 16 },
  });
}
const works = (): Promise<Works> => askDaemon(dir, 'works', undefined);
const states = async (): Promise<string[]> => (await works()).at.map(({ state }) => state);

test('fifty jobs outlive a daemon that is killed, are found again, and none runs twice', async () => {
  const first = await up();
  await expect.poll(placeable).toBe('yes');
  for (let n = 0; n < 50; n++) {
    const { work } = await askDaemon(dir, 'place', { spec: sleeping(`job-${n}`), seed: n });
    expect(work).not.toBe(null);
  }
  await expect.poll(states).toEqual(Array.from({ length: 50 }, () => 'running'));
  first.kill('SIGKILL');
  await ended(first);
  await up();
  await expect.poll(states).toEqual(Array.from({ length: 50 }, () => 'running'));
  // The owner asks again what it was not answered.
  await expect
    .poll(async () => (await works()).owned.map(({ phase }) => phase))
    .toEqual(Array.from({ length: 50 }, () => 'following'));
  expect(driver.starts()).toHaveLength(50);
  expect(new Set(driver.starts()).size).toBe(50);
});

/** The daemon has looked for work and at its room. */
async function placeable(): Promise<string> {
  try {
    const { nodes } = await askDaemon(dir, 'place', {
      ...{ spec: { ...sleeping('never'), constraints: NEVER }, seed: 1 },
    });
    return nodes[0]?.lacks.length === 1 ? 'yes' : JSON.stringify(nodes[0]?.lacks);
  } catch (error) {
    return (error as DaemonFault).message;
  }
}
const NEVER: Spec['constraints'] = { need: ['nowhere'], avoid: [] };

test('a daemon that is stopped leaves its work running, and takes it up again', async () => {
  const first = await up();
  await expect.poll(placeable).toBe('yes');
  // It ends while no daemon is there, and not before.
  const gate = join(folder, 'gate');
  const spec = sleeping('long', `until [ -e ${gate} ]; do sleep 0.05; done; echo over`);
  const { work } = await askDaemon(dir, 'place', { spec, seed: 1 });
  await expect.poll(states).toEqual(['running']);
  expect(await askDaemon(dir, 'workReady', undefined)).toMatchObject({
    ...{ phase: 'open', held: 1, running: 1, moving: 0 },
    drivers: [{ name: 'bubblewrap', kind: 'job', usable: true }],
  });
  const gone = ended(first);
  const down = await kith(['down', '--dir', dir]);
  expect(down.out).toMatch(/^1 piece of work still running: left as it is$/m);
  await gone;
  writeFileSync(gate, '');
  await up();
  await expect.poll(async () => (await works()).owned[0]?.phase).toBe('ended');
  const { receipts } = await askDaemon(dir, 'workReceipts', { id: work?.id ?? '' });
  expect(receipts).toHaveLength(1);
  expect(receipts[0]?.document).toMatchObject({ ended: 'done', exit: 0, name: 'long' });
  expect(driver.starts()).toHaveLength(1);
});

test('a frozen daemon is replaced under what runs, and the next one is open again', async () => {
  const first = await up();
  await expect.poll(placeable).toBe('yes');
  await askDaemon(dir, 'place', { spec: sleeping('stays'), seed: 1 });
  await expect.poll(states).toEqual(['running']);
  await askDaemon(dir, 'workFreeze', { frozen: true });
  const { work } = await askDaemon(dir, 'place', { spec: sleeping('late'), seed: 1 });
  expect(work).toBe(null);
  const before = await askDaemon(dir, 'workReady', undefined);
  expect(before).toMatchObject({ phase: 'frozen', held: 1, running: 1, moving: 0 });
  first.kill('SIGTERM');
  await ended(first);
  await up();
  await expect
    .poll(async () => askDaemon(dir, 'workReady', undefined))
    .toMatchObject({ phase: 'open', held: 1, running: 1, moving: 0 });
  expect(driver.starts()).toHaveLength(1);
});

test('figures of work are there for Prometheus, and its log for people', async () => {
  await up();
  await expect.poll(placeable).toBe('yes');
  const spec = sleeping('talks', 'echo a word; sleep 100');
  const { work } = await askDaemon(dir, 'place', { spec, seed: 1 });
  await expect.poll(states).toEqual(['running']);
  const text = await metrics();
  expect(text).toMatch(/^kith_work_active 1$/m);
  expect(text).toMatch(/^kith_work_reserved\{resource="memory_bytes"\} 16777216$/m);
  expect(text).toMatch(/^kith_work_taking\{state="open"\} 1$/m);
  const said = async (): Promise<string> => {
    const part = await askDaemon(dir, 'workLog', { id: work?.id ?? '', from: 0, waitMs: 0 });
    return Buffer.from(part.frames, 'base64url').toString();
  };
  await expect.poll(said).toContain('a word');
});

function metrics(): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketFile(dir), path: '/metrics' }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => (text += part));
      reply.on('end', () => resolve(text));
    });
    asked.on('error', reject).end();
  });
}

test('this machine is drained by its own person, over a restart, and resumed', async () => {
  const first = await up();
  await expect.poll(placeable).toBe('yes');
  await askDaemon(dir, 'drain', { drained: true });
  const spec = sleeping('refused');
  const { work, nodes } = await askDaemon(dir, 'place', { spec, seed: 1 });
  expect([work, nodes[0]?.lacks[0]?.code]).toEqual([null, 'place-drained']);
  first.kill('SIGKILL');
  await ended(first);
  await up();
  await expect
    .poll(async () => (await askDaemon(dir, 'place', { spec, seed: 1 })).nodes[0]?.lacks[0]?.code)
    .toBe('place-drained');
  await askDaemon(dir, 'drain', { drained: false });
  await expect.poll(placeable).toBe('yes');
});
