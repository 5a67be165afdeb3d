// The process of a machine, found again and looked at: it works in the folder of its machine, which
// nobody but root can enter, so no other process of the same number, the same words or the same
// user is taken for it. Spec: docs/machines.md, "Found again".

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { bootId, isRunning, processStart } from '../../os/machine.ts';
import type { Process } from './note.ts';

/**
 * The process that works in this folder, if it is the one of the note or there is no note of it.
 */
export function processIn(folder: string, noted: Process | null): Process | null {
  if (noted !== null) return isThat(noted) && worksIn(noted.pid, folder) ? noted : null;
  return workersIn(folder).find(({ pid }) => isQemu(pid)) ?? null;
}

/** Whatever works in this folder, also what is no QEMU yet. */
export function workersIn(folder: string): readonly Process[] {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    return Number.isSafeInteger(pid) && worksIn(pid, folder) ? [processOf(pid)] : [];
  });
}

export function processOf(pid: number): Process {
  return { pid, started: processStart(pid), boot: bootId() };
}

/** Whether it runs still, and is no later one of the same number. */
export function isThat({ pid, started, boot }: Process): boolean {
  return boot === bootId() && started !== '' && isRunning(pid) && processStart(pid) === started;
}

export function signalTo(process_: Process, signal: NodeJS.Signals): void {
  if (!isThat(process_)) return;
  try {
    process.kill(process_.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Its folder is its own, and so are its words: a person who looks into the folder is no machine.
 */
function worksIn(pid: number, folder: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== folder) return false;
  } catch {
    return false;
  }
  return argvOf(pid).includes(`guest=kith-${basename(folder)}`);
}

/** Before it is QEMU it is a shell that is about to become it. */
function isQemu(pid: number): boolean {
  return argvOf(pid)[0]?.includes('qemu') === true;
}

export function argvOf(pid: number): readonly string[] {
  return fileOf(pid, 'cmdline').split('\0').slice(0, -1);
}

export interface Bounds {
  readonly uid: number | null;
  readonly gid: number | null;
  readonly seccomp: boolean;
  readonly noNewPrivs: boolean;
  /** Of all sets together. */
  readonly hasCapabilities: boolean;
}

/** What the kernel says of a process, about what it may do. */
export function boundsOf(pid: number): Bounds {
  const status = fileOf(pid, 'status');
  const field = (name: string): string[] =>
    (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/);
  // Real, effective, saved and of files: one and the same.
  const only = (values: readonly string[]): number | null =>
    values.length === 4 && new Set(values).size === 1 ? Number(values[0]) : null;
  const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((name) => field(name)[0] ?? 'f');
  return {
    uid: only(field('Uid')),
    gid: only(field('Gid')),
    seccomp: field('Seccomp')[0] === '2',
    noNewPrivs: field('NoNewPrivs')[0] === '1',
    hasCapabilities: sets.some((mask) => !/^0+$/.test(mask)),
  };
}

/** Processor time so far and what lies in memory; null where the kernel does not say. */
export function usedBy(pid: number): {
  readonly cpuMs: number | null;
  readonly memMiB: number | null;
} {
  const stat = fileOf(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const rss = /^VmRSS:\s*(\d+) kB$/m.exec(fileOf(pid, 'status'))?.[1];
  return {
    // A hundred ticks a second on every Linux that people use (USER_HZ).
    cpuMs: Number.isSafeInteger(ticks) ? ticks * 10 : null,
    memMiB: rss === undefined ? null : Math.round(Number(rss) / 1_024),
  };
}

function fileOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
