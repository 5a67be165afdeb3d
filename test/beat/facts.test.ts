// What this host says of its room: out of the kernel's files, never waiting, unknown where unread.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFacts, idleShare, kibOf, loadOf, usageOf } from '../../src/beat/facts.ts';
import type { CardSource } from '../../src/beat/gpu.ts';
import { until } from './hearts.ts';

const NONE: CardSource = {
  hasTool: () => false,
  run: () => Promise.reject(new Error('not asked')),
  driverCount: () => null,
};

describe('the figures of the kernel', () => {
  test('are read, or unknown', () => {
    const stat = 'cpu  100 20 30 800 50 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8\n';
    expect(usageOf(stat)).toEqual({ busyTicks: 150, allTicks: 1_000 });
    expect(usageOf('intr 1 2 3')).toBeNull();
    expect(kibOf('MemTotal:       24684096 kB\nMemAvailable:   1024 kB\n', 'MemAvailable')).toBe(1);
    expect(kibOf('MemTotal: x', 'MemTotal')).toBeNull();
    expect(loadOf('0.52 0.31 0.20 1/500 12345\n')).toBe(52);
    expect(loadOf('')).toBeNull();
  });

  test('of the processor are a share of the time between two looks', () => {
    const at = (busyTicks: number, allTicks: number) => ({ busyTicks, allTicks });
    expect(idleShare(at(100, 1_000), at(125, 1_100))).toBe(0.75);
    expect(idleShare(at(100, 1_000), at(100, 1_000))).toBeNull();
    expect(idleShare(at(100, 1_000), at(50, 1_100))).toBeNull();
  });
});

describe('facts', () => {
  test('of this machine are there after the first look, which does not wait', async () => {
    const facts = createFacts({ folder: tmpdir(), cards: NONE });
    expect(facts.headroom()).toBeNull();
    await facts.ready();
    await until('they are read', () => facts.headroom() !== null);
    const room = facts.headroom();
    expect(room?.ramMib).toBeGreaterThan(64);
    expect(room?.ramFreeMib).toBeLessThanOrEqual(room?.ramMib ?? 0);
    expect(room?.diskFreeMib).toBeLessThanOrEqual(room?.diskMib ?? 0);
    expect(room?.cpuMilli).toBeGreaterThanOrEqual(1_000);
    expect(room).toMatchObject({ gpuCount: 0, gpus: [] });
    // The share of the processor needs two looks.
    expect(room?.cpuFreeMilli).toBeNull();
  });

  test('that cannot be read are unknown, and the others are not', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'kith-proc-'));
    writeFileSync(join(proc, 'meminfo'), 'MemTotal: 2048 kB\n');
    const facts = createFacts({ folder: join(proc, 'gone'), cards: NONE, proc });
    await facts.ready();
    expect(facts.headroom()).toMatchObject({
      cpuFreeMilli: null,
      ramMib: 2,
      ramFreeMib: null,
      diskMib: null,
      diskFreeMib: null,
      loadCenti: null,
    });
    rmSync(proc, { recursive: true });
  });

  test('do not wait for cards, and say unknown until they were asked', async () => {
    let answer = (_: string): void => undefined;
    const slow: CardSource = {
      hasTool: () => true,
      driverCount: () => null,
      run: () =>
        new Promise((resolve) => {
          answer = (said) => resolve({ status: 9, stdout: Buffer.from(said), said: '' });
        }),
    };
    const facts = createFacts({ folder: tmpdir(), cards: slow });
    facts.headroom();
    await until('the rest is read', () => facts.headroom() !== null);
    expect(facts.headroom()?.gpuCount).toBeNull();
    answer('No devices were found\n');
    await until('the cards are known', () => facts.headroom()?.gpuCount === 0);
    expect(facts.cards().trouble).toBeNull();
  });
});
