// What the kernel shows, read and judged: each limit that is missing or another one is named.

import { describe, expect, test } from 'vitest';
import { type Asked, granted, type Limit, type Seen } from '../../work/granted.ts';
import {
  groupFolder,
  interfacesIn,
  killedForMemory,
  refusedProcesses,
} from '../../work/kernel-files.ts';
import { specOf } from './specs.ts';

const ASKED: Asked = {
  spec: specOf({
    name: 'a',
    resources: { cpu: '1.5', memory: '64MiB' },
    limits: { pids: 24, nofile: 100 },
    job: { image: 'b', tmp: '16MiB' },
  }),
  cards: 0,
};

const CAPS = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
const STATUS = [
  ...['Uid:\t165534\t165534\t165534\t165534', 'Gid:\t165534\t165534\t165534\t165534'],
  ...CAPS.map((name) => `${name}:\t0000000000000000`),
  ...['NoNewPrivs:\t1', 'Seccomp:\t2', ''],
].join('\n');
const MAP = '         0     100000      65536\n';
const MOUNTS = [
  '100 99 0:50 / / ro,relatime - overlay overlay ro,lowerdir=/a',
  '101 100 0:51 / /tmp rw,nosuid - tmpfs tmpfs rw,size=16384k',
  '',
].join('\n');

const SEEN: Seen = {
  texts: {
    status: STATUS,
    limits:
      'Limit  Soft Limit\nMax open files            100                  100                  files\n',
    mountinfo: MOUNTS,
    netDev: 'Inter-|\n face |\n    lo: 0 0\n  sit0: 0 0\n',
    uidMap: MAP,
    gidMap: MAP,
  },
  groups: {
    'memory.max': '67108864\n',
    'memory.swap.max': '0\n',
    'cpu.max': '150000 100000\n',
    'pids.max': '24\n',
  },
  hasSwap: true,
  isHostNetwork: false,
  cardNodes: [],
};

const OLD = {
  'memory.limit_in_bytes': '67108864\n',
  'memory.memsw.limit_in_bytes': '67108864\n',
  'cpu.cfs_quota_us': '150000\n',
  'cpu.cfs_period_us': '100000\n',
  'pids.max': '24\n',
};

const text = (change: Partial<Seen['texts']>): Partial<Seen> => ({
  texts: { ...SEEN.texts, ...change },
});
const status = (from: string, to: string): Partial<Seen> =>
  text({ status: STATUS.replaceAll(from, to) });
const groups = (change: Record<string, string>): Partial<Seen> => ({
  groups: { ...SEEN.groups, ...change },
});
const without = (name: string): Partial<Seen> => ({
  groups: Object.fromEntries(Object.entries(SEEN.groups).filter(([one]) => one !== name)),
});

describe('what was granted', () => {
  test('is everything, by either version of control groups', () => {
    const want = {
      ...{ memMiB: 64, swapMiB: 0, cpuMilli: 1500, pids: 24, nofile: 100, tmpMiB: 16 },
      ...{ user: 65534, group: 65534, capabilities: 'none', noNewPrivileges: true },
      ...{ seccomp: true, readOnlyRoot: true, network: 'none', cards: 0 },
    };
    expect(granted(ASKED, SEEN)).toEqual({ ok: true, value: want });
    expect(granted(ASKED, { ...SEEN, groups: OLD })).toEqual({ ok: true, value: want });
  });

  test.each<[Limit, string, Partial<Seen>]>([
    ['memMiB', 'is unknown, not 64', groups({ 'memory.max': 'max\n' })],
    ['memMiB', 'is 65, not 64', groups({ 'memory.max': String(65 << 20) })],
    ['memMiB', 'is unknown, not 64', without('memory.max')],
    ['swapMiB', 'is 1, not 0', groups({ 'memory.swap.max': String(1 << 20) })],
    ['swapMiB', 'is unknown, not 0', without('memory.swap.max')],
    [
      'swapMiB',
      'is 16, not 0',
      { groups: { ...OLD, 'memory.memsw.limit_in_bytes': String(80 << 20) } },
    ],
    ['cpuMilli', 'is unknown, not 1500', groups({ 'cpu.max': 'max 100000\n' })],
    ['cpuMilli', 'is unknown, not 1500', { groups: { ...OLD, 'cpu.cfs_quota_us': '-1\n' } }],
    ['pids', 'is unknown, not 24', groups({ 'pids.max': 'max\n' })],
    [
      'nofile',
      'is unknown, not 100',
      text({ limits: 'Max open files  unlimited  unlimited files\n' }),
    ],
    ['user', 'is unknown, not 65534', status('Uid:\t165534', 'Uid:\t0')],
    [
      'user',
      'is 0, not 65534',
      text({ status: STATUS.replace(/Uid:.*/, 'Uid:\t100000\t100000\t100000\t100000') }),
    ],
    ['group', 'is unknown, not 65534', text({ gidMap: null })],
    [
      'capabilities',
      'is CapBnd 00000000a80425fb, not none',
      status('CapBnd:\t0000000000000000', 'CapBnd:\t00000000a80425fb'),
    ],
    ['noNewPrivileges', 'is false, not true', status('NoNewPrivs:\t1', 'NoNewPrivs:\t0')],
    ['seccomp', 'is false, not true', status('Seccomp:\t2', 'Seccomp:\t0')],
    ['seccomp', 'is unknown, not true', status('Seccomp:\t2\n', '')],
    [
      'readOnlyRoot',
      'is false, not true',
      text({ mountinfo: MOUNTS.replace('ro,relatime', 'rw,relatime') }),
    ],
    ['tmpMiB', 'is 32, not 16', text({ mountinfo: MOUNTS.replace('16384k', '32768k') })],
    ['tmpMiB', 'is unknown, not 16', text({ mountinfo: MOUNTS.split('\n')[0] ?? '' })],
    ['network', 'is own, not none', text({ netDev: 'a\nb\n lo: 0\n eth0: 0\n' })],
    ['network', 'is that of the host, not none', { isHostNetwork: true }],
    ['cards', 'is 1, not 0', { cardNodes: ['nvidia0'] }],
    ['cards', 'is unknown, not 0', { cardNodes: null }],
  ])('lacks %s where it %s', (limit, want, change) => {
    expect(granted(ASKED, { ...SEEN, ...change })).toMatchObject({
      ...{ ok: false, code: 'not-granted', detail: `${limit} ${want}` },
    });
  });

  test('needs no limit of swap where the machine has none', () => {
    expect(granted(ASKED, { ...SEEN, ...without('memory.swap.max'), hasSwap: false }).ok).toBe(
      true,
    );
  });

  test('of a network is one of its own, where the spec asks for one', () => {
    const spec = { ...ASKED.spec, network: { mode: 'egress' as const, publish: [] } };
    expect(granted({ ...ASKED, spec }, SEEN)).toMatchObject({ detail: 'network is none, not own' });
    const linked = { ...SEEN, ...text({ netDev: 'a\nb\n lo: 0\n eth0: 0\n' }) };
    expect(granted({ ...ASKED, spec }, linked).ok).toBe(true);
  });
});

describe('files of the kernel', () => {
  test('show where a controller is, in either hierarchy', () => {
    const mounts = [
      '30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '31 20 0:27 /part /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n');
    const own = '9:memory:/docker/abc\n0::/part/of\n';
    expect(groupFolder(own, mounts, 'memory')).toEqual({
      ...{ version: 1, folder: '/sys/fs/cgroup/memory/docker/abc' },
    });
    expect(groupFolder(own, mounts, 'pids')).toEqual({
      ...{ version: 2, folder: '/sys/fs/cgroup/unified/of' },
    });
    expect(groupFolder('9:memory:/a\n', '', 'memory')).toBeNull();
  });

  test('name the group that was killed for memory', () => {
    const log =
      '6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,oom_memcg=/libpod_parent/libpod-abc,task_memcg=/libpod_parent/libpod-abc,task=tail,pid=1,uid=2\n' +
      '6,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/libpod_parent/libpod-def,task=a\n';
    expect([killedForMemory(log, 'abc'), killedForMemory(log, 'def')]).toEqual([true, false]);
    const crowd = '6,9,9,-;cgroup: fork rejected by pids controller in /libpod_parent/libpod-def\n';
    const all = log + crowd;
    expect([refusedProcesses(all, 'abc'), refusedProcesses(all, 'def')]).toEqual([false, true]);
  });

  test('name the interfaces of a network', () => {
    expect(interfacesIn(null)).toBeNull();
    expect(interfacesIn('a\nb\n    lo: 1\n  eth0: 2\n tunl0: 0\n')).toEqual(['eth0']);
  });
});
