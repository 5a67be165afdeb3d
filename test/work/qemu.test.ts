import { describe, expect, test } from 'vitest';
import { PROBE_STATUS, probeArgs, probeGuest } from '../../work/probe-guest.ts';
import { type Machine, cpusOf, qemuArgs } from '../../work/qemu.ts';

const PLAIN: Machine = {
  ...{ name: 'kith-1', uuid: '00000000-0000-8000-8000-000000000001', accel: 'tcg' },
  ...{ cpus: 2, memMiB: 256, balloon: true, net: { mode: 'none' }, facts: {} },
  ...{ qmp: { fd: 3 }, console: { fd: 4 }, consoleLog: { fd: 5 } },
  ...{ disk: null, seed: null, boot: null, uefi: null },
};

/** The words after each of these. */
function after(args: readonly string[], option: string): string[] {
  return args.filter((_, at) => args[at - 1] === option);
}

const blocks = (args: readonly string[]): Record<string, unknown>[] =>
  after(args, '-blockdev').map((text) => JSON.parse(text) as Record<string, unknown>);

describe('the words for QEMU', () => {
  test('a machine without anything has no card, no disk and no way out', () => {
    const args = qemuArgs(PLAIN);
    expect(after(args, '-netdev')).toEqual([]);
    expect(blocks(args)).toEqual([]);
    expect(args).toContain('-nodefaults');
    expect(args).toContain('-no-user-config');
    expect(after(args, '-sandbox')).toEqual([
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    ]);
    expect(after(args, '-smp')).toEqual(['2']);
    expect(after(args, '-m')).toEqual(['256']);
    expect(after(args, '-accel')).toEqual(['tcg,thread=multi,tb-size=64']);
  });

  test('every word is a text, and no path of the host is among them', () => {
    const args = qemuArgs({
      ...PLAIN,
      disk: { fd: 6, format: 'qcow2', base: { fd: 7, format: 'qcow2' } },
      seed: { fd: 8 },
      boot: { kernel: { fd: 9 }, initrd: { fd: 10 }, cmdline: 'quiet, please' },
      uefi: { code: { fd: 11 }, vars: { fd: 12 } },
    });
    expect(args.every((word) => typeof word === 'string' && word !== '')).toBe(true);
    const paths = args.join(' ').match(/\/[a-z]+\/[^ ,"]+/g) ?? [];
    expect(paths.filter((path) => !/^\/dev\/(fd|fdset)\/\d+$/.test(path))).toEqual([]);
    expect(after(args, '-append')).toEqual(['quiet, please']);
  });

  test('what an image says of itself leads nowhere: layers are said in full', () => {
    const disk = { fd: 6, format: 'qcow2', base: { fd: 7, format: 'qcow2' } } as const;
    const [base, over] = blocks(qemuArgs({ ...PLAIN, disk }));
    expect(base).toMatchObject({ 'node-name': 'base', 'read-only': true, backing: null });
    expect(base?.['file']).toMatchObject({ filename: '/dev/fdset/7', 'read-only': true });
    expect(over).toMatchObject({ 'node-name': 'disk', backing: 'base' });
    const alone = blocks(qemuArgs({ ...PLAIN, disk: { ...disk, base: null } }));
    expect(alone[0]).toMatchObject({ 'node-name': 'disk', backing: null });
    const raw = { ...disk, base: { fd: 7, format: 'raw' } } as const;
    expect(blocks(qemuArgs({ ...PLAIN, disk: raw }))[0]).not.toHaveProperty('backing');
  });

  test('a guest reaches out only by what is published', () => {
    const mac = '02:00:00:00:00:01';
    const forwards = [
      { protocol: 'tcp', address: '', hostPort: 8_080, port: 80 },
      { protocol: 'udp', address: '127.0.0.1', hostPort: 53, port: 5_353 },
    ] as const;
    const egress = qemuArgs({ ...PLAIN, net: { mode: 'egress', mac, forwards } });
    expect(after(egress, '-netdev')).toEqual([
      'user,id=net0,hostfwd=tcp::8080-:80,hostfwd=udp:127.0.0.1:53-:5353',
    ]);
    const mesh = qemuArgs({ ...PLAIN, net: { mode: 'mesh', mac, tap: 'kg1', mtu: 1_280 } });
    expect(after(mesh, '-netdev')).toEqual(['tap,id=net0,ifname=kg1,script=no,downscript=no']);
    expect(mesh.join(' ')).toContain('host_mtu=1280');
  });

  test('a comma in what a guest is told is no option', () => {
    const args = qemuArgs({ ...PLAIN, facts: { work: 'a,file=/etc/shadow' } });
    expect(after(args, '-fw_cfg')).toEqual(['name=opt/kith/work,string=a,,file=/etc/shadow']);
  });

  test.each([
    [10, 1],
    [1_000, 1],
    [1_001, 2],
    [2_500, 3],
  ])('%d thousandths of a core are %d processors', (milli, cpus) => {
    expect(cpusOf(milli)).toBe(cpus);
  });
});

describe('the probe guest', () => {
  test('its header is that of a Multiboot image, and its sum is zero', () => {
    const view = new DataView(probeGuest().buffer);
    const [magic, flags, sum] = [0, 4, 8].map((at) => view.getUint32(at, true));
    expect(magic).toBe(0x1badb002);
    expect(((magic ?? 0) + (flags ?? 0) + (sum ?? 1)) % 2 ** 32).toBe(0);
    // Its entry is where its code is.
    expect(view.getUint32(28, true) - view.getUint32(12, true)).toBe(32);
    expect(PROBE_STATUS).toBe(85);
    expect(probeArgs('kvm', 3)).toContain('/dev/fd/3');
  });
});
