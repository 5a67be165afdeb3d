import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootId } from '../../../src/os/machine.ts';
import { createMachineDriver } from '../../../src/work/vms/driver.ts';
import { type Proof, groupsFor, proven } from '../../../src/work/vms/kvm.ts';
import { USER_FIRST } from '../../../src/work/vms/limits.ts';
import { noGuests, noNet, orderOf } from '../../kit/guests.ts';

const MISSING = noGuests();
const ENV = process.env['PATH'];

describe('what is proven', () => {
  let base = '';
  let device = '';

  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(MISSING);
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-kvm-'));
    fs.chmodSync(base, 0o711);
    // As open as a real one: what is behind it is seen by a guest only.
    device = path.join(base, 'device');
    fs.writeFileSync(device, '', { mode: 0o666 });
    fs.chmodSync(device, 0o666);
  });
  afterEach(() => {
    process.env['PATH'] = ENV;
    if (base !== '') fs.rmSync(base, { recursive: true, force: true });
  });

  /** A QEMU that does this with its words, in `$*`. */
  function qemuThat(does: string): void {
    const folder = path.join(base, 'bin');
    fs.mkdirSync(folder, { recursive: true });
    const version = 'case "$*" in --version) echo "QEMU emulator version 9.9.9"; exit;; esac';
    const script = `#!/bin/sh\n${version}\n${does}\n`;
    fs.writeFileSync(path.join(folder, 'qemu-system-x86_64'), script, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${ENV}`;
  }

  const prove = (): Promise<Proof> =>
    proven({ folder: base, identity: { user: USER_FIRST, groups: [] }, device });

  test('the real QEMU of this machine runs a guest as a user without rights', async () => {
    const proof = await prove();
    expect(proof.accel).not.toBeNull();
    expect(proof.qemu).toMatch(/^\d+\.\d+/);
    expect(await prove()).toEqual(proof);
  });

  test('KVM that hangs is none, and is not waited for', async () => {
    qemuThat('case "$*" in *"-accel kvm"*) exec sleep 1000;; *) exit 85;; esac');
    const proof = await prove();
    expect(proof).toMatchObject({ accel: 'tcg', qemu: '9.9.9' });
    expect(proof.why).toContain('did not end within');
  });

  test('KVM that runs is used', async () => {
    qemuThat('exit 85');
    expect(await prove()).toMatchObject({ accel: 'kvm', why: '' });
  });

  test('KVM that is refused says why', async () => {
    qemuThat('case "$*" in *"-accel kvm"*) echo failed to initialize >&2; exit 1;; esac; exit 85');
    expect(await prove()).toMatchObject({
      accel: 'tcg',
      why: expect.stringContaining('failed to'),
    });
  });

  test('a QEMU that runs no guest at all is unusable, and is asked again', async () => {
    qemuThat('echo broken >&2; exit 3');
    expect(await prove()).toMatchObject({ accel: null, why: expect.stringContaining('broken') });
    qemuThat('exit 85');
    expect(await prove()).toMatchObject({ accel: 'kvm' });
  });

  test('a proof of another start of the machine, of another QEMU or torn is none', async () => {
    qemuThat('exit 85');
    await prove();
    const note = path.join(base, 'kvm.json');
    const kept = JSON.parse(fs.readFileSync(note, 'utf8')) as Proof;
    expect(kept.boot).toBe(bootId());
    for (const text of [
      JSON.stringify({ ...kept, boot: 'another' }),
      JSON.stringify({ ...kept, qemu: '1.0' }),
      JSON.stringify({ ...kept, provedAtMs: kept.provedAtMs - 25 * 3_600_000 }),
      JSON.stringify({ ...kept, provedAtMs: kept.provedAtMs + 3_600_000 }),
      JSON.stringify({ ...kept, accel: 'warp' }),
      '{"accel":"kv',
      '',
    ]) {
      fs.writeFileSync(note, text);
      qemuThat('case "$*" in *"-accel kvm"*) exit 1;; *) exit 85;; esac');
      expect(await prove(), text).toMatchObject({ accel: 'tcg' });
    }
  });

  test('whoever may not open the device is not asked to', () => {
    expect(groupsFor(path.join(base, 'none'))).toContain('there is no');
    fs.chmodSync(device, 0o600);
    expect(groupsFor(device)).toContain('root alone');
    expect(groupsFor('/dev/null')).toEqual([]);
    fs.chmodSync(device, 0o660);
    fs.chownSync(device, 0, 107);
    expect(groupsFor(device)).toEqual([107]);
  });

  test('a QEMU that cannot start says why, and nothing of it is left', async () => {
    const no = 'echo this machine has no such thing >&2; exit 1';
    qemuThat(`case "$*" in *isa-debug-exit*) exit 85;; esac; ${no}`);
    const folder = path.join(base, 'vms');
    const driver = createMachineDriver({ folder, net: noNet, kvmDevice: path.join(base, 'none') });
    expect(await driver.probe()).toMatchObject({
      usable: true,
      what: expect.stringContaining('QEMU 9.9.9 without KVM'),
    });
    const kernel = path.join(base, 'kernel');
    fs.writeFileSync(kernel, 'no kernel');
    const order = orderOf({ kernel, initrd: kernel });
    const signal = new AbortController().signal;
    expect(await driver.prepare(order, () => undefined, signal)).toMatchObject({ ok: true });
    expect(await driver.start(order, () => undefined)).toMatchObject({
      ...{ ok: false, code: 'start-failed' },
      detail: expect.stringContaining('no such thing'),
    });
    expect(await driver.recover(() => order)).toEqual([]);
    await driver.destroy(order.tag);
    expect(fs.readdirSync(folder).toSorted()).toEqual(['kvm.json', 'probe-guest']);
    await driver.close();
  });
});
