// Which machine this is, which boot of it, and which process a number means: enough to see that a
// folder was copied elsewhere, or that the process that locked it is long gone.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

function firstLine(path: string): string | null {
  try {
    const line = readFileSync(path, 'utf8').split('\n')[0]?.trim();
    return line === undefined || line === '' ? null : line;
  } catch {
    return null;
  }
}

/**
 * The same text on this machine for as long as it is not installed anew. Hashed, since the system's
 * own id is meant to stay on the machine; the host name stands in where there is none.
 */
export function machineId(): string {
  let own: string | null = null;
  for (const path of MACHINE_ID_FILES) own ??= firstLine(path);
  return createHash('sha256')
    .update(`kith-machine-v1\n${own ?? `host ${hostname()}`}`)
    .digest('base64url')
    .slice(0, 22);
}

/** Differs after every start of the machine; empty where the system does not tell. */
export function bootId(): string {
  return firstLine('/proc/sys/kernel/random/boot_id') ?? '';
}

/**
 * When a process started, in ticks since boot: tells a process from a later one of the same number.
 */
export function processStart(pid: number): string {
  return statOf(pid)[19] ?? '';
}

/** What the kernel says of a process, from its state on. */
function statOf(pid: number): readonly string[] {
  const stat = firstLine(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces and brackets: fields are counted after the last bracket.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  // One that has ended, with its last thread, stays in the table until its parent has asked how.
  const stat = statOf(pid);
  return !(stat[0] === 'Z' && Number(stat[17]) <= 1);
}
