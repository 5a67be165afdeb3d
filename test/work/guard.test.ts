// A guard ends what bears its mark when its time is over, and nothing else; renewed it waits, and
// it goes with the folder. Time is that of the machine, a second at a time.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootMs } from '../../src/os/clock.ts';
import { isRunning } from '../../src/os/machine.ts';
import { guardUntil, leaveMark } from '../../src/work/guard.ts';
import { specOf } from './specs.ts';

let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-guard-'));
  mkdirSync(join(folder, 'own'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function failed(why: string): void {
  throw new Error(why);
}

/** Something that bears these words, and waits for ever: by itself, so that nothing outlives it. */
async function bearing(words: string): Promise<ChildProcess> {
  const wait = 'read -r nothing; :';
  const child = spawn('sh', ['-c', wait, 'sh', words], { stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

const guardOf = (): number => Number(readFileSync(join(folder, 'guard'), 'utf8'));
const MARK = `guest=kith-01JE2HZ6Q3M8Y5T0V7XW9KB4CD.${process.pid}`;
const order = (onHostLoss: string): Parameters<typeof leaveMark>[0] => ({
  folder: join(folder, 'own'),
  spec: specOf({ name: 'a', lifecycle: { onHostLoss }, job: { image: 'b' } }),
});

test('ends what bears the mark once nobody renews it, and goes with its folder', async () => {
  const [its, other] = [await bearing(`${MARK},more`), await bearing('guest=kith-another')];
  leaveMark(order('replace'), 'cmdline', MARK);
  guardUntil(folder, bootMs() + 3_000, failed, 1);
  await expect.poll(guardOf).toBeGreaterThan(0);
  const first = guardOf();
  // Renewed before its time, and after the first moment was over: it is the same guard.
  guardUntil(folder, bootMs() + 6_000, failed, 1);
  await pause(4_000);
  expect(its.signalCode).toBeNull();
  expect(guardOf()).toBe(first);
  await expect.poll(() => its.signalCode, { timeout: 30_000 }).toBe('SIGKILL');
  expect(other.signalCode).toBeNull();
  // One that was ended is missed with the next word.
  process.kill(first, 'SIGKILL');
  await expect.poll(() => isRunning(first)).toBe(false);
  guardUntil(folder, bootMs() + 60_000, failed, 1);
  await expect.poll(guardOf).not.toBe(first);
  const second = guardOf();
  rmSync(folder, { recursive: true });
  await expect.poll(() => isRunning(second), { timeout: 30_000 }).toBe(false);
});

test('without a mark ends nothing, and none is left of what stays where it is', async () => {
  const its = await bearing(MARK);
  leaveMark(order('wait'), 'cmdline', MARK);
  guardUntil(folder, bootMs(), failed, 1);
  await expect.poll(guardOf).toBeGreaterThan(0);
  await pause(2_500);
  expect(its.signalCode).toBeNull();
  expect(() => leaveMark(order('replace'), 'cmdline', 'short')).toThrow('no mark');
});
