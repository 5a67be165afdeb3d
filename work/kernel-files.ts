// What the kernel says of a process and of its control groups, out of the texts of its files: each
// answer is null where the text does not say it. Both hierarchies of control groups are read, also
// where a machine has some controllers in the one and some in the other. Spec: docs/jobs.md.

/** The texts of `/proc/PID/…`; null where a file is not there. */
export interface ProcessTexts {
  readonly status: string | null;
  readonly limits: string | null;
  readonly mountinfo: string | null;
  readonly netDev: string | null;
  readonly uidMap: string | null;
  readonly gidMap: string | null;
}

/** A field of `status`, as `NoNewPrivs`. */
export function statusField(status: string | null, name: string): string | null {
  const line = status?.split('\n').find((one) => one.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? null;
}

/** The numbers of `Uid` or `Gid` (real, effective, saved, of files), as inside its namespace. */
export function idsInside(
  { status, uidMap, gidMap }: ProcessTexts,
  name: 'Uid' | 'Gid',
): readonly (number | null)[] | null {
  const field = statusField(status, name);
  const map = (name === 'Uid' ? uidMap : gidMap)?.trim().split('\n') ?? null;
  if (field === null || map === null) return null;
  const ranges = map.map((line) => line.trim().split(/\s+/).map(Number));
  return field.split(/\s+/).map((text) => {
    const id = Number(text);
    for (const [inside = 0, outside = 0, count = 0] of ranges) {
      if (id >= outside && id < outside + count) return inside + (id - outside);
    }
    return null;
  });
}

/** Soft and hard, of a row as `Max open files`; `unlimited` is null. */
export function limitOf(
  limits: string | null,
  row: string,
): { readonly soft: number | null; readonly hard: number | null } | null {
  const line = limits?.split('\n').find((one) => one.startsWith(`${row} `));
  const [soft, hard] = line?.slice(row.length).trim().split(/\s+/) ?? [];
  if (soft === undefined || hard === undefined) return null;
  const number = (text: string): number | null => (text === 'unlimited' ? null : Number(text));
  return { soft: number(soft), hard: number(hard) };
}

export interface MountRow {
  readonly root: string;
  readonly point: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly superOptions: readonly string[];
}

export function mountsIn(mountinfo: string): readonly MountRow[] {
  return mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [own = '', file = ''] = line.split(' - ');
      const [, , , root = '', point = '', options = ''] = own.split(' ');
      const [type = '', , superOptions = ''] = file.split(' ');
      return {
        root: plain(root),
        point: plain(point),
        options: options.split(','),
        type,
        superOptions: superOptions.split(','),
      };
    });
}

/** Spaces and the like stand in it as `\040`. */
function plain(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

/** The last one mounted there is the one that is seen. */
export function mountAt(mountinfo: string | null, point: string): MountRow | null {
  return mountsIn(mountinfo ?? '').findLast((row) => row.point === point) ?? null;
}

/** `size=` of a tmpfs, in MiB. */
export function tmpfsMiB(row: MountRow): number | null {
  const size = row.superOptions.find((option) => option.startsWith('size='));
  const found = /^size=(\d+)([kmg]?)$/.exec(size ?? '');
  if (found === null) return null;
  const unit = { '': 1 / 1024, k: 1, m: 1024, g: 1024 * 1024 }[found[2] ?? ''] ?? 1;
  return (Number(found[1]) * unit) / 1024;
}

/** What the kernel puts into every new network where a module of tunnels is loaded; all down. */
const FALLBACKS = /^(tunl|gre|gretap|erspan|ip_vti|ip6_vti|sit|ip6tnl|ip6gre)0$/;

/** Interfaces in its network, without the loopback. */
export function interfacesIn(netDev: string | null): readonly string[] | null {
  if (netDev === null) return null;
  const rows = netDev.split('\n').slice(2);
  const names = rows.map((row) => row.split(':')[0]?.trim() ?? '');
  return names.filter((name) => name !== '' && name !== 'lo' && !FALLBACKS.test(name));
}

export type Controller = 'memory' | 'cpu' | 'pids';

/** Where the control files of a process lie; `version` says what they are called. */
export interface GroupFolder {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** Of a controller, from `/proc/PID/cgroup` and the mounts of whoever looks. */
export function groupFolder(
  cgroup: string,
  mountinfo: string,
  controller: Controller,
): GroupFolder | null {
  const mounts = mountsIn(mountinfo);
  const rows = cgroup.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const old = rows.find((row) => row?.[1]?.split(',').includes(controller) === true);
  const mount = mounts.find(
    ({ type, superOptions }) => type === 'cgroup' && superOptions.includes(controller),
  );
  if (old !== undefined && mount !== undefined) {
    return { version: 1, folder: below(mount, old?.[2] ?? '/') };
  }
  const unified = rows.find((row) => row?.[1] === '');
  const root = mounts.find(({ type }) => type === 'cgroup2');
  if (unified === undefined || root === undefined) return null;
  return { version: 2, folder: below(root, unified?.[2] ?? '/') };
}

/** A mount may show only a part of the hierarchy. */
function below({ root, point }: MountRow, path: string): string {
  const prefix = root === '/' ? '' : root;
  return `${point}${path.startsWith(prefix) ? path.slice(prefix.length) : path}`;
}

/** Files of a controller that hold the limits, by the version of the hierarchy. */
export const LIMIT_FILES: Readonly<Record<1 | 2, Readonly<Record<Controller, readonly string[]>>>> =
  {
    1: {
      memory: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
      cpu: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
      pids: ['pids.max'],
    },
    2: {
      memory: ['memory.max', 'memory.swap.max'],
      cpu: ['cpu.max'],
      pids: ['pids.max'],
    },
  };

/**
 * Whether the kernel has killed something for the memory of a group whose path holds `name`: out of
 * its log, which outlives the group.
 */
export function killedForMemory(log: string, name: string): boolean {
  return log
    .split('\n')
    .some((line) => line.includes('oom-kill:') && pathIn(line, 'oom_memcg').includes(name));
}

/** The same of processes that it has refused to a group beyond its number. */
export function refusedProcesses(log: string, name: string): boolean {
  const told = 'fork rejected by pids controller in ';
  return log.split('\n').some((line) => (line.split(told)[1] ?? '').includes(name));
}

function pathIn(line: string, field: string): string {
  return new RegExp(`[:,]${field}=([^,]*)`).exec(line)?.[1] ?? '';
}
