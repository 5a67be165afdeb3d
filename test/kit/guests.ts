// Real guests for tests of the driver: the kernel of Debian's cloud images with an initramfs of
// busybox, which loads what it needs and gives a shell on its console. And the orders that start
// them, with a log in memory.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { isRunning } from '../../src/os/machine.ts';
import { findTool } from '../../src/os/tools.ts';
import { removeCgroup } from '../../src/work/cgroup.ts';
import type { Tag } from '../../work/lease.ts';
import type { LogSink, Order, Running } from '../../src/work/driver.ts';
import type { GuestNet } from '../../src/work/guest-net.ts';
import { signalTo, workersIn } from '../../src/work/vms/process.ts';
import { readSpec, type Spec } from '../../work/spec.ts';

/** Where .ci/run unpacks the kernel, or where somebody else has one. */
const KERNELS = process.env['KITH_TEST_KERNEL'] ?? '/var/cache/kith-tests/kernel';
// Loaded in this order, twice: a point release may change which module needs which before it.
const MODULES = [
  ...['virtio', 'virtio_ring', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  ...['virtio_blk', 'failover', 'net_failover', 'virtio_net', 'virtio_balloon', 'button'],
  ...['nls_cp437', 'nls_ascii', 'nls_iso8859-1', 'fat', 'vfat', 'qemu_fw_cfg'],
];

/** Why no guest can run here, or null. */
export function noGuests(): string | null {
  for (const tool of ['qemu-system-x86_64', 'qemu-img', 'busybox', 'setpriv']) {
    if (findTool(tool) === null) return `there is no ${tool} on this machine`;
  }
  if (process.geteuid?.() !== 0) return 'machines run as users of their own, which needs root';
  if (kernelFile() === null) return `there is no kernel in ${KERNELS} (.ci/run puts one there)`;
  const user = spawnSync('setpriv', ['--reuid=1879048192', '--clear-groups', 'true']);
  return user.status === 0 ? null : 'this machine has no users of such numbers';
}

export function kernelFile(): string | null {
  const boot = path.join(KERNELS, 'boot');
  const names = fs.existsSync(boot) ? fs.readdirSync(boot) : [];
  const name = names.find((one) => one.startsWith('vmlinuz-'));
  return name === undefined ? null : path.join(boot, name);
}

const PREFIX = 'kith-vms-';

/** A folder for machines of this process; those of processes that were killed go, with theirs. */
export function machinesFolder(): string {
  // As kith itself has it: files of guests must not depend on another.
  process.umask(0o077);
  for (const name of fs.readdirSync(os.tmpdir())) {
    const maker = new RegExp(`^${PREFIX}([0-9]+)-`).exec(name)?.[1];
    if (maker === undefined || isRunning(Number(maker))) continue;
    endMachines(path.join(os.tmpdir(), name));
  }
  return fs.mkdtempSync(path.join(os.tmpdir(), `${PREFIX}${process.pid}-${'long'.repeat(20)}-`));
}

/** Ends what still runs there, and takes the folder away. */
export function endMachines(base: string): void {
  const folder = path.join(base, 'vms');
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    for (const one of workersIn(path.join(folder, name))) signalTo(one, 'SIGKILL');
    removeCgroup(name);
  }
  fs.rmSync(base, { recursive: true, force: true });
}

/** What the guest does once its modules are there; then it is a shell. */
export function initramfs(folder: string): string {
  const root = path.join(folder, 'initramfs');
  for (const one of ['bin', 'modules', 'proc', 'sys', 'dev', 'mnt']) {
    fs.mkdirSync(path.join(root, one), { recursive: true });
  }
  const busybox = findTool('busybox') as string;
  fs.copyFileSync(busybox, path.join(root, 'bin/busybox'));
  const applets = ['sh', 'mount', 'insmod', 'cat', 'echo', 'ls', 'ip', 'ping', 'nc', 'poweroff']
    .concat('reboot', 'head', 'dd', 'sync', 'mkdir', 'sleep', 'free', 'grep', 'wget', 'stty')
    .concat(
      'udhcpc',
      'sed',
      'seq',
      'od',
      'httpd',
      'ifconfig',
      'acpid',
      'tail',
      'nslookup',
      'ping6',
    );
  for (const one of applets) fs.symlinkSync('busybox', path.join(root, 'bin', one));
  const found = spawnSync('find', [path.join(KERNELS, 'lib/modules'), '-name', '*.ko'], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  }).stdout.split('\n');
  for (const name of MODULES) {
    const file = found.find((one) => path.basename(one) === `${name}.ko`);
    if (file !== undefined) fs.copyFileSync(file, path.join(root, 'modules', `${name}.ko`));
  }
  const init = `#!/bin/sh
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in ${[...MODULES, ...MODULES].join(' ')}; do insmod /modules/$m.ko 2>/dev/null; done
stty -echo
echo "guest is ready"
while true; do PS1='' sh; done
`;
  fs.writeFileSync(path.join(root, 'init'), init, { mode: 0o755 });
  const file = path.join(folder, 'initrd.gz');
  const pack = 'find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 > "$1"';
  const packed = spawnSync('sh', ['-c', pack, 'sh', file], { cwd: root, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(`no initramfs: ${packed.stderr}`);
  return file;
}

const OWNER = 'K7dNWlnJ8n2Y1wX0xgq0v2u4mPzBvQk8b1T6aYcFfRE' as Tag['owner'];
const DIGEST = 'Qw3mR1c9b0sVx5Zt7LkYhGfDpAoIuJnE2rT4yWvBxCM' as Tag['digest'];
let count = 0;

function tagOf(generation = 1): Tag {
  count += 1;
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const of = (value: number): string => digits[value & 31] as string;
  const id = `01JE2HZ6Q3M8Y5T0V7${of(process.pid >> 10)}${of(process.pid >> 5)}${of(process.pid)}`;
  return { id: `${id}${String(count).padStart(5, '0')}`, generation, digest: DIGEST, owner: OWNER };
}

export interface MemoryLog extends LogSink {
  text(stream?: string): string;
}

export function memoryLog(): MemoryLog {
  const streams = new Map<string, Buffer>();
  const of = (stream: string): Buffer => streams.get(stream) ?? Buffer.alloc(0);
  return {
    async write(stream, bytes) {
      streams.set(stream, Buffer.concat([of(stream), bytes]));
    },
    written: (stream) => of(stream).length,
    text: (stream = 'console') => of(stream).toString('utf8'),
  };
}

export interface GuestOrder extends Order {
  readonly log: MemoryLog;
}

export interface Images {
  readonly [name: string]: string;
}

/** An order for a guest; `more` is merged into its spec. */
export function orderOf(
  images: Images,
  more: Readonly<Record<string, unknown>> = {},
  log: MemoryLog = memoryLog(),
): GuestOrder {
  const read = readSpec({
    name: 'guest',
    resources: { cpuMilli: 1_000, memMiB: 128, diskMiB: 64 },
    vm: { kernel: 'kernel', initrd: 'initrd', cmdline: 'console=ttyS0 quiet panic=-1' },
    ...more,
  });
  if (!read.ok) throw new Error(`${read.code} ${read.detail}`);
  return orderFor(tagOf(), read.value, images, log);
}

export function orderFor(
  tag: Tag,
  spec: Spec,
  images: Images,
  log: MemoryLog,
  folder: string = os.tmpdir(),
): GuestOrder {
  return {
    ...{ tag, spec, cards: [], ports: [], folder, log },
    async image(name) {
      const file = images[name];
      if (file === undefined) return { where: 'engine' };
      return { where: 'store', id: DIGEST, file, form: name };
    },
  };
}

/** For guests without a network. */
export const noNet: GuestNet = {
  plan: () => ({ ok: false, code: 'engine-refused', detail: 'no mesh' }),
  attachTap: async () => ({ ok: false, code: 'engine-refused', detail: 'no mesh' }),
  attachContainer: async () => ({ ok: false, code: 'engine-refused', detail: 'no mesh' }),
  detach: async () => undefined,
  confine: async () => ({ ok: false, code: 'engine-refused', detail: 'no rules' }),
  release: async () => undefined,
  confines: async () => false,
  holds: async () => false,
  shut: async () => ({ ok: false, code: 'engine-refused', detail: 'no rules' }),
  leave: async () => undefined,
  adopt: () => undefined,
  tidy: async () => undefined,
  close: async () => undefined,
};

/** A person at the console of a guest. */
export interface Person {
  /** Everything that was shown so far. */
  seen(): string;
  until(text: string | RegExp): Promise<string>;
  /** What a command of the guest prints. */
  does(command: string): Promise<string>;
  leave(): void;
}

export async function personAt(running: Running): Promise<Person> {
  const stream = (await running.console()) as Duplex;
  let shown = '';
  let nudge: () => void = () => undefined;
  stream.on('data', (bytes: Buffer) => {
    shown += bytes.toString('utf8');
    nudge();
  });
  stream.on('error', () => undefined);
  stream.on('close', () => nudge());
  let asked = 0;
  const until = async (text: string | RegExp): Promise<string> => {
    for (;;) {
      const isThere = typeof text === 'string' ? shown.includes(text) : text.test(shown);
      if (isThere) return shown;
      if (stream.destroyed || stream.readableEnded) throw new Error(`ended; it said ${shown}`);
      await new Promise<void>((resolve) => {
        nudge = resolve;
        setTimeout(resolve, 200);
      });
    }
  };
  return {
    ...{ seen: () => shown, until },
    async does(command) {
      asked += 1;
      const [begin, end] = [`<<${asked}:`, `:${asked}>>`];
      // Cut in two, so that an echo of the line is no answer.
      stream.write(`echo "<""<${asked}:"; ${command}; echo ":${asked}>"">"\n`);
      await until(end);
      const from = shown.lastIndexOf(begin) + begin.length;
      return shown.slice(from, shown.lastIndexOf(end)).replaceAll('\r', '').trim();
    },
    leave: () => stream.destroy(),
  };
}
