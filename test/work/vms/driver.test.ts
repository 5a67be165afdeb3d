import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Driver, Running } from '../../../src/work/driver.ts';
import { createMachineDriver } from '../../../src/work/vms/driver.ts';
import type { RunningMachine } from '../../../src/work/vms/running.ts';
import {
  type GuestOrder,
  type Images,
  initramfs,
  kernelFile,
  noGuests,
  noNet,
  orderOf,
  personAt,
} from './guests.ts';

const MISSING = noGuests();
const signal = new AbortController().signal;
const tell = (): void => undefined;

describe('machines', () => {
  const base = MISSING === null ? fs.mkdtempSync(path.join(os.tmpdir(), 'kith-vms-')) : '';
  let images: Images = {};
  let driver: Driver;
  const made: { driver: Driver; order: GuestOrder }[] = [];

  beforeAll(() => {
    if (MISSING !== null) return;
    images = { kernel: kernelFile() as string, initrd: initramfs(base) };
    driver = createMachineDriver({ folder: path.join(base, 'vms'), net: noNet });
  });
  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(MISSING);
  });
  afterEach(async () => {
    for (const one of made.splice(0)) await one.driver.destroy(one.order.tag);
  });
  afterAll(async () => {
    if (MISSING !== null) return;
    await driver.close();
    fs.rmSync(base, { recursive: true, force: true });
  });

  async function run(order: GuestOrder, by: Driver = driver): Promise<RunningMachine> {
    made.push({ driver: by, order });
    const prepared = await by.prepare(order, tell, signal);
    if (!prepared.ok) throw new Error(`${prepared.code} ${prepared.detail}`);
    const started = await by.start(order, tell);
    if (!started.ok) throw new Error(`${started.code} ${started.detail}`);
    return started.value as RunningMachine;
  }

  test('a guest boots, is what its spec says, and ends by itself', async () => {
    const probe = await driver.probe();
    expect(probe).toMatchObject({ usable: true });
    const order = orderOf(images);
    const running: Running = await run(order);
    const person = await personAt(running);
    const verified = await running.verify();
    expect(verified).toMatchObject({ ok: true, value: { memMiB: 128, network: 'none' } });
    await person.until('guest is ready');
    console.log(verified, probe, await person.does('free -m; ls /dev/vd*; ls /sys/class/net'));
    await person.does('sleep 0.1; poweroff -f').catch(() => '');
    const ending = await running.ended;
    expect(ending).toMatchObject({ exit: 0, signal: null });
    expect(order.log.text()).toContain('guest is ready');
  });
});
