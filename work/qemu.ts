// QEMU's words for one machine, as an argument array. Whatever the guest needs from the host's disk
// comes in through open files, by number: the process that runs it can open nothing by itself.
// Spec: docs/machines.md, "The process".

export type Accel = 'kvm' | 'tcg';

/** A file that was opened before, under this number. */
export interface OpenFile {
  readonly fd: number;
}

export interface Disk extends OpenFile {
  readonly format: 'qcow2' | 'raw';
  /** Never written; what lies below it, where it is an overlay. */
  readonly base: (OpenFile & { readonly format: 'qcow2' | 'raw' }) | null;
}

export interface Forward {
  readonly protocol: 'tcp' | 'udp';
  /** Empty: on all addresses of the host. */
  readonly address: string;
  readonly hostPort: number;
  readonly port: number;
}

export type Net =
  | { readonly mode: 'none' }
  | { readonly mode: 'egress'; readonly mac: string; readonly forwards: readonly Forward[] }
  | { readonly mode: 'mesh'; readonly mac: string; readonly tap: string; readonly mtu: number };

export interface Boot {
  readonly kernel: OpenFile;
  readonly initrd: OpenFile | null;
  readonly cmdline: string;
}

export interface Machine {
  readonly name: string;
  readonly uuid: string;
  readonly accel: Accel;
  readonly cpus: number;
  readonly memMiB: number;
  readonly balloon: boolean;
  /** A listening socket for each. */
  readonly qmp: OpenFile;
  readonly console: OpenFile;
  /** Opened for appending only. */
  readonly consoleLog: OpenFile;
  readonly disk: Disk | null;
  readonly seed: OpenFile | null;
  readonly boot: Boot | null;
  /** Null: the BIOS. */
  readonly uefi: { readonly code: OpenFile; readonly vars: OpenFile } | null;
  readonly net: Net;
  /** What the guest can read of itself, by its name below opt/kith/. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Nothing but a guest: no new privileges, no other program, no old calls. */
export const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';
/** Where the balloon stands among the objects of QEMU. */
export const BALLOON_PATH = '/machine/peripheral/balloon0';

const TRANSLATED_MIB = 64;
const ACCEL: Readonly<Record<Accel, readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  // Without a bound what was translated takes a quarter of the guest's memory on top of it.
  tcg: ['-accel', `tcg,thread=multi,tb-size=${TRANSLATED_MIB}`, '-cpu', 'max'],
};

export function qemuArgs(machine: Machine): readonly string[] {
  const { name, uuid, accel, cpus, memMiB, balloon } = machine;
  return [
    ...['-name', `guest=${name}`, '-uuid', uuid],
    ...['-machine', 'q35', ...ACCEL[accel], '-smp', String(cpus), '-m', String(memMiB)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-rtc', 'base=utc'],
    // A guest that has ended stays to be asked how; one that starts again starts again.
    ...['-action', 'reboot=reset,shutdown=pause,panic=pause', '-device', 'pvpanic-pci'],
    ...['-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0'],
    ...(balloon
      ? ['-device', 'virtio-balloon-pci,id=balloon0,deflate-on-oom=on,free-page-reporting=on']
      : []),
    ...monitorArgs(machine),
    ...firmwareArgs(machine.uefi),
    ...diskArgs(machine),
    ...bootArgs(machine.boot),
    ...netArgs(machine.net),
    ...Object.entries(machine.facts).flatMap(([key, value]) => [
      '-fw_cfg',
      `name=opt/kith/${key},string=${quoted(value)}`,
    ]),
    ...['-sandbox', SANDBOX],
  ];
}

/** In a list of options a comma is written twice. */
function quoted(value: string): string {
  return value.replaceAll(',', ',,');
}

function set(file: OpenFile): readonly string[] {
  return ['-add-fd', `fd=${file.fd},set=${file.fd}`];
}

const inSet = ({ fd }: OpenFile): string => `/dev/fdset/${fd}`;
/** For what QEMU opens in the old way, by path. */
const byPath = ({ fd }: OpenFile): string => `/dev/fd/${fd}`;

function monitorArgs({ qmp, console, consoleLog }: Machine): readonly string[] {
  const log = `logfile=${inSet(consoleLog)},logappend=on`;
  return [
    ...['-chardev', `socket,id=qmp0,fd=${qmp.fd},server=on,wait=off`],
    ...['-mon', 'chardev=qmp0,mode=control'],
    ...set(consoleLog),
    ...['-chardev', `socket,id=console0,fd=${console.fd},server=on,wait=off,${log}`],
    ...['-serial', 'chardev:console0'],
  ];
}

function firmwareArgs(uefi: Machine['uefi']): readonly string[] {
  if (uefi === null) return [];
  const flash = (unit: number, file: OpenFile, readOnly: boolean): readonly string[] => [
    ...set(file),
    '-drive',
    `if=pflash,format=raw,unit=${unit},readonly=${readOnly ? 'on' : 'off'},file=${inSet(file)}`,
  ];
  return [...flash(0, uefi.code, true), ...flash(1, uefi.vars, false)];
}

function diskArgs({ disk, seed }: Machine): readonly string[] {
  const args: string[] = [];
  const layer = (node: string, file: OpenFile, rest: Readonly<Record<string, unknown>>): void => {
    const readOnly = rest['read-only'] === true;
    const below = { driver: 'file', filename: inSet(file), 'read-only': readOnly };
    // Said in full, so that nothing that an image says of itself leads to another file.
    const whole = { 'node-name': node, file: { ...below, 'auto-read-only': false }, ...rest };
    args.push(...set(file), '-blockdev', JSON.stringify(whole));
  };
  if (disk !== null) {
    const { base, format } = disk;
    if (base !== null) {
      const alone = base.format === 'qcow2' ? { backing: null } : {};
      layer('base', base, { driver: base.format, 'read-only': true, ...alone });
    }
    const over = format === 'qcow2' ? { backing: base === null ? null : 'base' } : {};
    layer('disk', disk, { driver: format, discard: 'unmap', ...over });
    args.push('-device', 'virtio-blk-pci,drive=disk,bootindex=1');
  }
  if (seed !== null) {
    layer('seed', seed, { driver: 'raw', 'read-only': true });
    args.push('-device', 'virtio-blk-pci,drive=seed');
  }
  return args;
}

function bootArgs(boot: Boot | null): readonly string[] {
  if (boot === null) return [];
  const { kernel, initrd, cmdline } = boot;
  return [
    ...['-kernel', byPath(kernel)],
    ...(initrd === null ? [] : ['-initrd', byPath(initrd)]),
    ...(cmdline === '' ? [] : ['-append', cmdline]),
  ];
}

function netArgs(net: Net): readonly string[] {
  switch (net.mode) {
    case 'none':
      return [];
    case 'egress': {
      const doors = net.forwards.map(
        ({ protocol, address, hostPort, port }) =>
          `,hostfwd=${protocol}:${address}:${hostPort}-:${port}`,
      );
      const card = `virtio-net-pci,netdev=net0,mac=${net.mac},romfile=`;
      return ['-netdev', `user,id=net0${doors.join('')}`, '-device', card];
    }
    case 'mesh': {
      const card = `virtio-net-pci,netdev=net0,mac=${net.mac},host_mtu=${net.mtu},romfile=`;
      const tap = `tap,id=net0,ifname=${net.tap},script=no,downscript=no`;
      return ['-netdev', tap, '-device', card];
    }
  }
}

/** Thousandths of a core as processors of a guest: rounded up, and a quota keeps the rest. */
export function cpusOf(cpuMilli: number): number {
  return Math.ceil(cpuMilli / 1_000);
}
