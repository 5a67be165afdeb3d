// A control group of its own for something that is started here: what it may use at most, what it
// has used, and whether the kernel has killed in it for memory. Both versions of cgroups; where the
// machine lets us have none, there is none, and whoever asks says so. Spec: docs/machines.md,
// "Limits".

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CgroupLimits {
  /** Thousandths of a core. */
  readonly cpuMilli: number;
  readonly memMiB: number;
  readonly pids: number;
}

/** The folders of a group that exists. */
export interface Cgroup {
  readonly version: 1 | 2;
  /** By controller; of version 2 all are one. */
  readonly folders: Readonly<Partial<Record<Controller, string>>>;
}

type Controller = (typeof CONTROLLERS)[number];

export interface CgroupUse {
  readonly cpuMs: number | null;
  readonly memMiB: number | null;
  /** Null: the kernel does not say. */
  readonly oomKills: number | null;
}

const CONTROLLERS = ['cpu', 'memory', 'pids'] as const;
/** The group above all of ours. */
const OURS = 'kith';
const MIB = 1_048_576;
const PERIOD_US = 100_000;

/** Makes the group, or takes the one that is there; null where none can be made. */
export function makeCgroup(name: string, limits: CgroupLimits): Cgroup | null {
  const found = findCgroup(name) ?? made(name);
  if (found === null) return null;
  const { version } = found;
  const quotaUs = Math.max(1_000, Math.round((limits.cpuMilli * PERIOD_US) / 1_000));
  const bytes = String(limits.memMiB * MIB);
  const pids = String(limits.pids);
  const values: readonly (readonly [Controller, string, string])[] =
    version === 2
      ? [
          ['cpu', 'cpu.max', `${quotaUs} ${PERIOD_US}`],
          ['memory', 'memory.max', bytes],
          ['memory', 'memory.swap.max', '0'],
          ['pids', 'pids.max', pids],
        ]
      : [
          ['cpu', 'cpu.cfs_period_us', String(PERIOD_US)],
          ['cpu', 'cpu.cfs_quota_us', String(quotaUs)],
          ['memory', 'memory.limit_in_bytes', bytes],
          ['pids', 'pids.max', pids],
        ];
  for (const [controller, file, value] of values) {
    const folder = found.folders[controller];
    if (folder !== undefined) wrote(join(folder, file), value);
  }
  return found;
}

/** The group of this name, where it is there. */
export function findCgroup(name: string): Cgroup | null {
  return lookedFor((root) => {
    const folder = join(root, OURS, name);
    return textOf(join(folder, 'cgroup.procs')) === null ? null : folder;
  });
}

/** The files that take the number of a process that is to be in it. */
export function doorsOf({ folders }: Cgroup): readonly string[] {
  return [...new Set(Object.values(folders))].map((folder) => join(folder, 'cgroup.procs'));
}

/** Which of the limits the kernel has taken as they were said, by controller. */
export function heldBy(group: Cgroup, pid: number): readonly Controller[] {
  return CONTROLLERS.filter((controller) => {
    const folder = group.folders[controller];
    const inside = folder === undefined ? null : textOf(join(folder, 'cgroup.procs'));
    return inside?.split('\n').includes(String(pid)) === true;
  });
}

export function useOf({ version, folders: { cpu, memory } }: Cgroup): CgroupUse {
  const number = (folder: string | undefined, file: string, pattern: RegExp): number | null => {
    const found = folder === undefined ? null : pattern.exec(textOf(join(folder, file)) ?? '');
    return found === null ? null : Number(found[1]);
  };
  const bytes =
    version === 2
      ? number(memory, 'memory.current', /^(\d+)/)
      : number(memory, 'memory.usage_in_bytes', /^(\d+)/);
  const cpuUs = version === 2 ? number(cpu, 'cpu.stat', /^usage_usec (\d+)/m) : null;
  return {
    cpuMs: cpuUs === null ? null : Math.round(cpuUs / 1_000),
    memMiB: bytes === null ? null : Math.round(bytes / MIB),
    oomKills:
      version === 2
        ? number(memory, 'memory.events', /^oom_kill (\d+)/m)
        : number(memory, 'memory.oom_control', /^oom_kill (\d+)/m),
  };
}

/** Takes it away once nothing is in it; also one that is not there. */
export function removeCgroup(name: string): void {
  const found = findCgroup(name);
  if (found === null) return;
  for (const folder of new Set(Object.values(found.folders))) {
    try {
      rmdirSync(folder);
    } catch {
      // Something is in it still; it goes with the next try, or with the machine.
    }
  }
}

function made(name: string): Cgroup | null {
  return lookedFor((root) => {
    const folder = join(root, OURS, name);
    const switchOn = CONTROLLERS.map((controller) => `+${controller}`).join(' ');
    try {
      mkdirSync(join(root, OURS), { recursive: true });
      wrote(join(root, 'cgroup.subtree_control'), switchOn);
      wrote(join(root, OURS, 'cgroup.subtree_control'), switchOn);
      mkdirSync(folder, { recursive: true });
    } catch {
      return null;
    }
    return textOf(join(folder, 'cgroup.procs')) === null ? null : folder;
  });
}

/** Version 2 where it has what is needed, else the hierarchies of version 1. */
function lookedFor(folderIn: (root: string) => string | null): Cgroup | null {
  const { unified, byController } = hierarchies();
  if (unified !== null) {
    const folder = folderIn(unified);
    if (folder !== null && textOf(join(folder, 'memory.max')) !== null) {
      return { version: 2, folders: { cpu: folder, memory: folder, pids: folder } };
    }
  }
  const folders: Partial<Record<Controller, string>> = {};
  for (const controller of CONTROLLERS) {
    const root = byController[controller];
    const folder = root === undefined ? null : folderIn(root);
    if (folder !== null) folders[controller] = folder;
  }
  return Object.keys(folders).length === 0 ? null : { version: 1, folders };
}

interface Hierarchies {
  readonly unified: string | null;
  readonly byController: Readonly<Partial<Record<Controller, string>>>;
}

function hierarchies(): Hierarchies {
  let unified: string | null = null;
  const byController: Partial<Record<Controller, string>> = {};
  for (const line of (textOf('/proc/self/mountinfo') ?? '').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const at = before.split(' ')[4] ?? '';
    const [kind, , options = ''] = after.split(' ');
    if (kind === 'cgroup2') {
      const has = (textOf(join(at, 'cgroup.controllers')) ?? '').split(/\s/);
      if (CONTROLLERS.every((one) => has.includes(one))) unified = at;
    }
    if (kind !== 'cgroup') continue;
    for (const one of CONTROLLERS) if (options.split(',').includes(one)) byController[one] = at;
  }
  return { unified, byController };
}

function wrote(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch {
    // This kernel has no such file, or the value is no change: what holds is looked at afterwards.
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
