import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Driver, Running } from '../../../src/work/driver.ts';
import { createGuestNet } from '../../../src/work/guest-net.ts';
import { createMachineDriver } from '../../../src/work/vms/driver.ts';
import { nameOf, readNote } from '../../../src/work/vms/note.ts';
import type { RunningMachine } from '../../../src/work/vms/running.ts';
import {
  type GuestOrder,
  type Images,
  endMachines,
  initramfs,
  kernelFile,
  machinesFolder,
  noGuests,
  orderOf,
  personAt,
} from '../../kit/guests.ts';

const MISSING = noGuests();
const signal = new AbortController().signal;
const tell = (): void => undefined;
const sha256 = (file: string): string =>
  createHash('sha256').update(fs.readFileSync(file)).digest('hex');

/** Guests without KVM, on a machine that others share: for a test that hangs. */
const BUSY_MS = 400_000;

describe('machines', { timeout: BUSY_MS }, () => {
  const base = MISSING === null ? machinesFolder() : '';
  const folder = path.join(base, 'vms');
  const own = `kithtest${process.pid}`;
  const net = createGuestNet({
    own,
    mesh: () => ({ device: 'kithnone', network: 'fd00:1::/48', prefix: 'fd00:1::/96' }),
  });
  let images: Images = {};
  let driver: Driver;
  const made: { driver: Driver; order: GuestOrder }[] = [];

  beforeAll(async () => {
    if (MISSING !== null) return;
    const disk = path.join(base, 'disk.raw');
    fs.writeFileSync(disk, Buffer.concat([Buffer.from('of the base\n'), Buffer.alloc(1 << 20)]));
    const image = path.join(base, 'disk.qcow2');
    spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', disk, image]);
    images = { kernel: kernelFile() as string, initrd: initramfs(base), disk: image, raw: disk };
    for (const file of Object.values(images).slice(1)) fs.chmodSync(file, 0o400);
    driver = createMachineDriver({ folder, net });
    expect(await driver.probe()).toMatchObject({ usable: true });
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
    await net.close();
    expect(fs.readdirSync(folder).toSorted()).toEqual(['kvm.json', 'probe-guest']);
    const tables = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' }).stdout ?? '';
    expect(tables).not.toContain(own);
    endMachines(base);
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
    const order = orderOf(images, {
      resources: { cpuMilli: 1_500, memMiB: 160, memMinMiB: 96, diskMiB: 8 },
    });
    const running = await run(order);
    expect(await running.verify()).toMatchObject({
      ok: true,
      value: {
        ...{ memMiB: 160, cpus: 2, network: 'none', seccomp: true, noNewPrivileges: true },
        capabilities: 'none',
      },
    });
    const [person, other] = [await personAt(running), await personAt(running)];
    await person.until('guest is ready');
    // Nothing but itself, and an empty disk of its own.
    expect(await person.does('ls /sys/class/net')).toBe('lo');
    expect(await person.does('cat /sys/block/vda/size')).toBe(String(8 * 2_048));
    const fact = '/sys/firmware/qemu_fw_cfg/by_name/opt/kith/work/raw';
    expect(await person.does(`cat ${fact}`)).toBe(order.tag.id);
    expect(await other.until('guest is ready')).toContain(order.tag.id);
    await expect.poll(() => running.guestMemory()).toMatchObject({ totalMiB: expect.any(Number) });
    expect(await running.resize(10)).toMatchObject({ veto: expect.any(String) });
    const stats = await running.stats();
    expect(stats).toMatchObject({ cpuMs: expect.any(Number), diskMiB: expect.any(Number) });
    expect(stats?.memMiB ?? 0).toBeGreaterThan(30);
    other.leave();
    void person.does('sync; poweroff -f').catch(() => undefined);
    expect(await running.ended).toMatchObject({ exit: 0, signal: null, oom: false });
    expect(order.log.text()).toContain('guest is ready');
    expect(order.log.text()).toContain(order.tag.id);
    expect(await running.console()).toBeNull();
  });

  test('a disk and a seed: the image below is never written', async () => {
    const before = sha256(images['disk'] as string);
    const kernel = { kernel: 'kernel', initrd: 'initrd', cmdline: 'console=ttyS0 quiet' };
    const order = orderOf(images, {
      vm: { ...kernel, image: 'disk', userData: ['#cloud-config', 'name: seeded'] },
    });
    const running = await run(order);
    const person = await personAt(running);
    await person.until('guest is ready');
    expect(await person.does('cat /sys/block/vda/size')).toBe(String(64 * 2_048));
    expect(await person.does('head -n 1 /dev/vda')).toBe('of the base');
    await person.does('echo "of the guest" | dd of=/dev/vda conv=notrunc,fsync');
    const seed = 'mount -t vfat -o ro /dev/vdb /mnt && ls -1 /mnt && cat /mnt/user-data';
    expect(await person.does(seed)).toBe('meta-data\nuser-data\n#cloud-config\nname: seeded');
    // A guest that starts again is the same machine with the same disk.
    const pid = readNote(path.join(folder, nameOf(order.tag)))?.started?.process?.pid;
    void person.does('sync; reboot -f').catch(() => undefined);
    await expect.poll(() => person.seen().split('guest is ready').length).toBe(3);
    expect(await person.does('head -n 1 /dev/vda')).toBe('of the guest');
    expect(fs.existsSync(`/proc/${pid}`)).toBe(true);
    expect(sha256(images['disk'] as string)).toBe(before);
    await running.kill();
    expect(await running.ended).toMatchObject({ exit: null, signal: 'SIGKILL', oom: false });
    // Started once more by its policy it is another process, with the disk of the one before.
    await driver.rest?.(order.tag);
    expect(fs.readdirSync(path.join(folder, nameOf(order.tag)))).toEqual(['disk.qcow2']);
    expect(await driver.recover(() => order)).toEqual([]);
    const again = await personAt(await run(order));
    await again.until('guest is ready');
    expect(await again.does('head -n 1 /dev/vda')).toBe('of the guest');
    await driver.destroy(order.tag);
    expect(fs.existsSync(path.join(folder, nameOf(order.tag)))).toBe(false);
  });

  test('images that lead elsewhere, or do not fit, are refused before QEMU sees them', async () => {
    const trap = path.join(base, 'trap.qcow2');
    const make = ['create', '-q', '-f', 'qcow2', '-u', '-F', 'raw', '-b', '/etc/shadow', trap];
    spawnSync('qemu-img', [...make, '1M']);
    const wide = path.join(base, 'wide.qcow2');
    spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', wide, '1G']);
    const all: Images = { ...images, trap, wide };
    for (const [vm, code, said] of [
      [{ image: 'trap' }, 'image-wrong', 'backing file'],
      [{ image: 'wide' }, 'image-wrong', 'disk of 1024 MiB'],
      [{ image: 'nowhere' }, 'image-missing', 'nowhere'],
      [{ kernel: 'disk' }, 'image-wrong', 'kernel: it is a disk'],
    ] as const) {
      const order = orderOf(all, { vm });
      made.push({ driver, order });
      expect(await driver.prepare(order, tell, signal)).toMatchObject({
        ...{ ok: false, code },
        detail: expect.stringContaining(said),
      });
    }
    const order = { ...orderOf(images), cards: [{ uuid: 'GPU-1', name: 'a card' }] };
    expect(await driver.prepare(order, tell, signal)).toMatchObject({ code: 'engine-refused' });
  });

  test('egress: ports lead in from this host, and this host’s own ports are closed to it', async () => {
    const server = await localService();
    const order = orderOf(images, {
      network: { mode: 'egress', publish: [{ port: 80 }] },
      health: { tcp: 81, everyS: 1, timeoutS: 2 },
    });
    try {
      const running = await run(order);
      const verified = await running.verify();
      expect(verified).toMatchObject({ ok: true, value: { network: 'egress' } });
      // On this host's own loopback, and published from there.
      const at = running.reach?.('tcp', 80) ?? null;
      expect(at?.host).toBe('127.0.0.1');
      expect(running.reach?.('udp', 80)).toBeNull();
      const person = await personAt(running);
      await person.until('guest is ready');
      await person.does('ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0');
      await person.does(
        'ip route add default via 10.0.2.2; mkdir -p /www; echo hi > /www/index.html',
      );
      expect(await running.check?.()).toBe(false);
      await person.does('httpd -p 80 -h /www; httpd -p 81 -h /www');
      expect(await running.check?.()).toBe(true);
      expect(await getFrom(at?.port ?? 0)).toContain('hi');
      const asked = `wget -T 3 -q -O - http://10.0.2.2:${server.port}/ 2>&1 || echo closed`;
      expect(await person.does(asked)).toContain('closed');
      expect(server.count()).toBe(0);
    } finally {
      server.close();
    }
  });

  test('asked to stop, the guest decides; and one that does not is killed', async () => {
    const order = orderOf(images);
    const running: Running = await run(order);
    const person = await personAt(running);
    await person.until('guest is ready');
    const event = 'cat /sys/firmware/acpi/interrupts/ff_pwr_btn';
    const before = await person.does(event);
    await running.stop();
    await expect.poll(() => person.does(event)).not.toBe(before);
    await running.kill();
    expect(await running.ended).toMatchObject({ exit: null, signal: 'SIGKILL' });
  });
});

/** A service of this host, which guests must not reach. */
async function localService(): Promise<{ port: number; count: () => number; close: () => void }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.end('HTTP/1.0 200 OK\r\n\r\na secret');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, count: () => count, close: () => server.close() };
}

async function getFrom(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let said = '';
    socket.on('data', (bytes) => (said += bytes.toString()));
    socket.on('close', () => resolve(said));
    socket.on('error', reject);
    socket.write('GET /index.html HTTP/1.0\r\n\r\n');
  });
}
