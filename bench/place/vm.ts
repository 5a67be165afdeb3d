// How long a machine takes until its guest is ready, against the same QEMU started by hand in the
// same run, one after the other: what the driver adds is its disks, its control group and its looks
// at what came up. Ready is the line that the guest's init prints.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createMachineDriver } from '../../src/work/vms/driver.ts';
import { endMachines, initramfs, kernelFile, machinesFolder } from '../../test/kit/guests.ts';
import { noNet, orderOf } from '../../test/kit/guests.ts';
import { percentile } from './percentile.ts';

export interface VmReady {
  readonly turns: number;
  readonly driverP50Ms: number;
  readonly handP50Ms: number;
  /** How much longer with the driver, in parts of a hundred. */
  readonly morePercent: number;
}

const READY = 'guest is ready';
const LOOK_MS = 5;

export async function vmReady(turns: number): Promise<VmReady> {
  const base = machinesFolder();
  const images = { kernel: kernelFile() as string, initrd: initramfs(base) };
  const driver = createMachineDriver({ folder: join(base, 'vms'), net: noNet });
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    const probe = await driver.probe();
    if (!probe.usable) throw new Error(probe.what);
    const accel = probe.what.includes('with KVM') ? 'kvm' : 'tcg';
    // The first of each warms the caches and does not count.
    for (let turn = -1; turn < turns; turn++) {
      const [own, hand] = [await byDriver(), await byHand(base, images, accel)];
      if (turn < 0) continue;
      ours.push(own);
      theirs.push(hand);
    }
  } finally {
    await driver.close();
    endMachines(base);
  }
  const [driverP50Ms, handP50Ms] = [percentile(ours, 50), percentile(theirs, 50)];
  const morePercent = Math.round((driverP50Ms / handP50Ms - 1) * 1_000) / 10;
  return { turns, driverP50Ms, handP50Ms, morePercent };

  async function byDriver(): Promise<number> {
    const order = orderOf(images);
    const signal = new AbortController().signal;
    const began = performance.now();
    const prepared = await driver.prepare(order, () => undefined, signal);
    const started = prepared.ok ? await driver.start(order, () => undefined) : prepared;
    if (!started.ok) throw new Error(`${started.code}: ${started.detail}`);
    while (!order.log.text().includes(READY)) await pause(LOOK_MS);
    const tookMs = performance.now() - began;
    await driver.destroy(order.tag);
    return tookMs;
  }
}

/** The line that a person would type for the same guest. */
async function byHand(
  base: string,
  images: Readonly<Record<'kernel' | 'initrd', string>>,
  accel: 'kvm' | 'tcg',
): Promise<number> {
  const folder = join(base, 'hand');
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'log');
  closeSync(openSync(log, 'w'));
  const fast = accel === 'kvm' ? ['kvm', '-cpu', 'host'] : ['tcg,thread=multi,tb-size=64'];
  const words = ['-accel', ...fast, ...(accel === 'kvm' ? [] : ['-cpu', 'max'])]
    .concat('-machine', 'q35', '-smp', '1', '-m', '128', '-nodefaults', '-no-user-config')
    .concat('-display', 'none', '-serial', `file:${log}`)
    .concat('-kernel', images.kernel, '-initrd', images.initrd)
    .concat('-append', 'console=ttyS0 quiet panic=-1');
  const began = performance.now();
  const qemu = spawn('qemu-system-x86_64', words, { stdio: 'ignore' });
  const gone = once(qemu, 'exit');
  while (!readFileSync(log, 'utf8').includes(READY)) await pause(LOOK_MS);
  const tookMs = performance.now() - began;
  qemu.kill('SIGKILL');
  await gone;
  return tookMs;
}
