// How long a machine takes until its guest is ready, against the same QEMU started by hand in the
// same run, one after the other: what the driver adds is its disks, its control group and its looks
// at what came up. Ready is the line that the guest's init prints.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createMachineDriver } from '../../src/work/vms/driver.ts';
import { SANDBOX } from '../../work/qemu.ts';
import {
  endMachines,
  initramfs,
  kernelFile,
  machinesFolder,
  noNet,
  orderOf,
} from '../../test/kit/guests.ts';
import type { Finding } from '../ledger/finding.ts';
import { median, percentile } from '../ledger/measure.ts';

/** As much longer as a person does not notice. */
const RATIO_MOST = 1.15;

const READY = 'guest is ready';
const LOOK_MS = 5;
/** A busy machine takes so long for one pair that few of them must do. */
const BUDGET_MS = 120_000;
const PAIRS_LEAST = 3;
/** A guest boots in three seconds; on a machine with ten times its load, within a minute or two. */
const LIMIT_MS = 240_000;

export async function vmFindings(turns: number): Promise<Finding[]> {
  const base = machinesFolder();
  const images = { kernel: kernelFile() as string, initrd: initramfs(base) };
  const driver = createMachineDriver({ folder: join(base, 'vms'), net: noNet });
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    const probe = await driver.probe();
    if (!probe.usable) throw new Error(probe.what);
    const accel = probe.what.includes('with KVM') ? 'kvm' : 'tcg';
    // The first of each warms the caches and does not count.
    const endMs = performance.now() + BUDGET_MS;
    for (let turn = -1; turn < turns; turn++) {
      if (turn >= PAIRS_LEAST && performance.now() > endMs) break;
      const [own, hand] = [await byDriver(), await byHand(base, images, accel)];
      if (turn < 0) continue;
      ours.push(own);
      theirs.push(hand);
    }
  } finally {
    await driver.close();
    endMachines(base);
  }
  const [driverMs, handMs] = [percentile(ours, 50), percentile(theirs, 50)];
  return [
    {
      ...{ row: 'vm', what: 'a guest is ready, p50' },
      measured: { value: driverMs, unit: 'ms' },
      beside: { value: handMs, unit: 'ms', what: 'the same QEMU, started by hand' },
      ratio: median(ours.map((ms, i) => ms / (theirs[i] as number))),
      goal: { of: 'ratio', most: RATIO_MOST },
      how:
        'from the order to the line that the init of the guest prints: a Debian cloud kernel with ' +
        `the smallest initramfs, ${ours.length} pairs in turn, after one that warms both; the ratio is ` +
        'the median of theirs.',
    },
  ];

  async function byDriver(): Promise<number> {
    const order = orderOf(images);
    const signal = new AbortController().signal;
    const began = performance.now();
    const prepared = await driver.prepare(order, () => undefined, signal);
    const started = prepared.ok ? await driver.start(order, () => undefined) : prepared;
    if (!started.ok) throw new Error(`${started.code}: ${started.detail}`);
    await until(() => order.log.text().includes(READY));
    const tookMs = performance.now() - began;
    await driver.destroy(order.tag);
    return tookMs;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('the guest is not ready');
    await pause(LOOK_MS);
  }
}

/** The line that a person would type for the same guest, with the same devices. */
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
  const disk = join(folder, 'disk.qcow2');
  await once(spawn('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']), 'exit');
  const words = ['-accel', ...fast, ...(accel === 'kvm' ? [] : ['-cpu', 'max'])]
    .concat('-machine', 'q35', '-smp', '1', '-m', '128', '-nodefaults', '-no-user-config')
    .concat('-display', 'none', '-vga', 'none', '-device', 'pvpanic-pci')
    .concat('-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0')
    .concat('-device', 'virtio-balloon-pci,deflate-on-oom=on,free-page-reporting=on')
    .concat('-drive', `file=${disk},format=qcow2,if=none,id=disk`)
    .concat('-device', 'virtio-blk-pci,drive=disk,bootindex=1', '-serial', `file:${log}`)
    .concat('-kernel', images.kernel, '-initrd', images.initrd)
    .concat('-append', 'console=ttyS0 quiet panic=-1', '-sandbox', SANDBOX);
  const began = performance.now();
  const qemu = spawn('qemu-system-x86_64', words, { stdio: 'ignore' });
  const gone = once(qemu, 'exit');
  try {
    await until(() => readFileSync(log, 'utf8').includes(READY));
    return performance.now() - began;
  } finally {
    qemu.kill('SIGKILL');
    await gone;
  }
}
