// Control groups of a job that no engine makes them for: one under `kith` in each hierarchy that
// has the controllers, of either version. What cannot be had is missing, and whoever verifies
// afterwards does not find the limit. Spec: docs/jobs.md, "bubblewrap".

import fs from 'node:fs';
import path from 'node:path';
import { cpuQuotaUs } from '../../../work/container.ts';
import { type Controller, mountsIn } from '../../../work/kernel-files.ts';
import { CPU_PERIOD_US } from '../../../work/limits.ts';
import type { Spec } from '../../../work/spec.ts';
import { type Groups, kernelText } from './inside.ts';

const OURS = 'kith';
const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids'];
const MIB = 1024 * 1024;

/** Those of a job that are there. */
export function findGroups(name: string): Groups {
  return Object.fromEntries(
    CONTROLLERS.flatMap((controller) => {
      const root = rootOf(controller);
      if (root === null) return [];
      const folder = path.join(root.folder, OURS, name);
      return fs.existsSync(folder) ? [[controller, { version: root.version, folder }]] : [];
    }),
  );
}

export function makeGroups(name: string, spec: Spec): Groups {
  for (const controller of CONTROLLERS) {
    const root = rootOf(controller);
    if (root === null) continue;
    try {
      fs.mkdirSync(path.join(root.folder, OURS), { recursive: true });
      if (root.version === 2) {
        for (const folder of [root.folder, path.join(root.folder, OURS)]) {
          set(folder, 'cgroup.subtree_control', `+${controller}`);
        }
      }
      fs.mkdirSync(path.join(root.folder, OURS, name), { recursive: true });
    } catch {
      // Not for us: the limit is missed when it is looked for.
    }
  }
  const groups = findGroups(name);
  for (const controller of CONTROLLERS) {
    const group = groups[controller];
    if (group === undefined) continue;
    for (const [file, value] of valuesOf(spec)[group.version][controller]) {
      set(group.folder, file, value);
    }
  }
  return groups;
}

/** Takes them away; what is still in use stays, and is said by nobody. */
export function removeGroups(name: string): void {
  for (const group of Object.values(findGroups(name))) {
    try {
      fs.rmdirSync(group.folder);
    } catch {
      // The same folder for another controller, gone already; or a process that dies just now.
    }
  }
}

/** Files into which a process writes its number to be under them. */
export function doorsOf(groups: Groups): readonly string[] {
  const folders = Object.values(groups).map(({ folder }) => path.join(folder, 'cgroup.procs'));
  return [...new Set(folders)];
}

/** How often the kernel killed for memory in it; null: it does not say. */
export function memoryKills({ memory }: Groups): number | null {
  if (memory === undefined) return null;
  const file = memory.version === 1 ? 'memory.oom_control' : 'memory.events';
  const found = /^oom_kill (\d+)$/m.exec(kernelText(path.join(memory.folder, file)) ?? '');
  return found === null ? null : Number(found[1]);
}

function rootOf(controller: Controller): { version: 1 | 2; folder: string } | null {
  const mounts = mountsIn(kernelText('/proc/self/mountinfo') ?? '');
  const old = mounts.find(
    ({ type, superOptions }) => type === 'cgroup' && superOptions.includes(controller),
  );
  if (old !== undefined) return { version: 1, folder: old.point };
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  const has = unified === undefined ? null : kernelText(`${unified.point}/cgroup.controllers`);
  const isThere = has?.trim().split(' ').includes(controller) === true;
  return isThere && unified !== undefined ? { version: 2, folder: unified.point } : null;
}

type Values = Readonly<Record<Controller, readonly (readonly [string, string])[]>>;

function valuesOf(spec: Spec): Readonly<Record<1 | 2, Values>> {
  const bytes = String(spec.resources.memMiB * MIB);
  const [quota, pids] = [String(cpuQuotaUs(spec)), String(spec.limits.pids)];
  return {
    1: {
      memory: [
        ['memory.limit_in_bytes', bytes],
        ['memory.memsw.limit_in_bytes', bytes],
      ],
      cpu: [
        ['cpu.cfs_period_us', String(CPU_PERIOD_US)],
        ['cpu.cfs_quota_us', quota],
      ],
      pids: [['pids.max', pids]],
    },
    2: {
      memory: [
        ['memory.max', bytes],
        ['memory.swap.max', '0'],
      ],
      cpu: [['cpu.max', `${quota} ${CPU_PERIOD_US}`]],
      pids: [['pids.max', pids]],
    },
  };
}

function set(folder: string, file: string, value: string): void {
  try {
    fs.writeFileSync(path.join(folder, file), value);
  } catch {
    // A kernel without this file, or a value that it does not take.
  }
}
