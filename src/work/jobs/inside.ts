// Looking at what runs, from outside: files of the kernel about a process and its control groups.
// Nothing here asks an engine. Spec: docs/jobs.md, "Limits".

import fs from 'node:fs';
import path from 'node:path';
import {
  type Controller,
  groupFolder,
  LIMIT_FILES,
  type ProcessTexts,
} from '../../../work/kernel-files.ts';
import type { Seen } from '../../../work/granted.ts';
import type { Stats } from '../driver.ts';
import {
  KERNEL_CHUNK_BYTES,
  KERNEL_FILE_BYTES_MAX,
  KERNEL_LOG_BYTES_MAX,
  KERNEL_RECORD_BYTES,
} from './limits.ts';

const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids'];

/** The text of a file of the kernel; null where it is not there, or no longer. */
export function kernelText(file: string): string | null {
  let fd: number | null = null;
  try {
    fd = fs.openSync(file, 'r');
    const chunks: Buffer[] = [];
    for (let size = 0; size < KERNEL_FILE_BYTES_MAX; ) {
      const chunk = Buffer.allocUnsafe(KERNEL_CHUNK_BYTES);
      const got = fs.readSync(fd, chunk, 0, chunk.length, null);
      if (got === 0) break;
      chunks.push(chunk.subarray(0, got));
      size += got;
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

/** The folders of its control groups, which may lie in two hierarchies. */
export type Groups = Readonly<Partial<Record<Controller, { version: 1 | 2; folder: string }>>>;

export function groupsOf(pid: number): Groups {
  const [own, mounts] = [kernelText(`/proc/${pid}/cgroup`), kernelText('/proc/self/mountinfo')];
  if (own === null || mounts === null) return {};
  return Object.fromEntries(
    CONTROLLERS.flatMap((name) => {
      const group = groupFolder(own, mounts, name);
      return group === null ? [] : [[name, group]];
    }),
  );
}

/** Null: it has ended meanwhile, or the number belongs to somebody else. */
export function look(pid: number, nodes: RegExp, isOurs: (cgroup: string) => boolean): Seen | null {
  const of = (name: string): string | null => kernelText(`/proc/${pid}/${name}`);
  const texts: ProcessTexts = {
    status: of('status'),
    limits: of('limits'),
    mountinfo: of('mountinfo'),
    netDev: of('net/dev'),
    uidMap: of('uid_map'),
    gidMap: of('gid_map'),
  };
  const seen = {
    texts,
    groups: limitsIn(groupsOf(pid)),
    hasSwap: !/^SwapTotal:\s+0 kB$/m.test(kernelText('/proc/meminfo') ?? ''),
    isHostNetwork: linkOf(`/proc/${pid}/ns/net`) === linkOf('/proc/self/ns/net'),
    cardNodes: nodesIn(path.join('/proc', String(pid), 'root', 'dev'), nodes),
  };
  // Asked last: what was read before belongs to whom it says now, and to one that lived: whoever
  // ends meanwhile shows a part of all this, and a zombie has no mounts.
  return isOurs(of('cgroup') ?? '') && (of('mountinfo') ?? '') !== '' ? seen : null;
}

function limitsIn(groups: Groups): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of CONTROLLERS) {
    const group = groups[name];
    if (group === undefined) continue;
    for (const file of LIMIT_FILES[group.version][name]) {
      const text = kernelText(path.join(group.folder, file));
      if (text !== null) found[file] = text;
    }
  }
  return found;
}

function linkOf(file: string): string | null {
  try {
    return fs.readlinkSync(file);
  } catch {
    return null;
  }
}

function nodesIn(folder: string, nodes: RegExp): readonly string[] | null {
  try {
    return fs.readdirSync(folder).filter((name) => nodes.test(name));
  } catch {
    return null;
  }
}

/** What it uses now; a group that has gone says nothing. */
export function usedBy(groups: Groups): Pick<Stats, 'cpuMs' | 'memMiB'> {
  const { memory, cpu } = groups;
  const number = (folder: string | undefined, file: string): number | null => {
    const text = folder === undefined ? null : kernelText(path.join(folder, file));
    return text === null ? null : Number(text);
  };
  const bytes =
    memory?.version === 1
      ? number(memory.folder, 'memory.usage_in_bytes')
      : number(memory?.folder, 'memory.current');
  return {
    memMiB: bytes === null ? null : Math.round(bytes / (1024 * 1024)),
    cpuMs: cpuMs(cpu),
  };
}

function cpuMs(group: Groups['cpu']): number | null {
  if (group === undefined) return null;
  if (group.version === 2) {
    const said = /^usage_usec (\d+)$/m.exec(kernelText(path.join(group.folder, 'cpu.stat')) ?? '');
    return said === null ? null : Math.round(Number(said[1]) / 1000);
  }
  // In the old hierarchy another controller counts, which is mounted beside or with this one.
  const beside = group.folder.replace('/cgroup/cpu/', '/cgroup/cpuacct/');
  for (const folder of [group.folder, beside]) {
    const text = kernelText(path.join(folder, 'cpuacct.usage'));
    if (text !== null) return Math.round(Number(text) / 1_000_000);
  }
  return null;
}

/** What the kernel has logged since it began or since its ring came round; null: not for us. */
export function kernelLog(): string | null {
  let fd: number | null = null;
  try {
    fd = fs.openSync('/dev/kmsg', fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    return recordsOf(fd);
  } catch {
    return null;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}

function recordsOf(fd: number): string {
  const record = Buffer.alloc(KERNEL_RECORD_BYTES);
  const records: string[] = [];
  for (let size = 0; size < KERNEL_LOG_BYTES_MAX; ) {
    try {
      const got = fs.readSync(fd, record, 0, record.length, null);
      if (got === 0) break;
      size += got;
      records.push(record.toString('utf8', 0, got));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The ring has overtaken us: the next read goes on at its beginning.
      if (code === 'EPIPE') continue;
      break;
    }
  }
  return records.join('');
}
