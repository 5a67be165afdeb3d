// One writer at a time: a lock file that names its process, so that a second one can say who is in
// the way, and so that the lock of a dead process is taken over without anybody's help. LevelDB's
// own lock (fcntl) stands behind it for what a file of names cannot see.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, isRunning, processStart } from '../os/machine.ts';
import { StoreFault, systemCode } from './faults.ts';
import { LOCK_BYTES_MAX } from './limits.ts';

interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly start: string;
}

/** Takes a lock of a folder or throws `locked`; answers how to give it back. */
export function takeLock(folder: string, name = 'lock'): () => void {
  const path = join(folder, name);
  const own = `${path}.${process.pid}`;
  const holder: Holder = {
    pid: process.pid,
    boot: bootId(),
    start: processStart(process.pid),
  };
  try {
    writeFileSync(own, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    while (!placeLock(own, path)) takeOver(path);
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(path, { force: true });
}

// A hard link appears with its content or not at all, and never over an existing name.
function placeLock(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone; throws where it still runs. */
function takeOver(path: string): void {
  const seen = readLock(path);
  if (seen === null) return;
  const holder = parseHolder(seen);
  if (holder !== null && isAlive(holder)) throw new StoreFault('locked', `process ${holder.pid}`);
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  // Somebody else may have taken it over between the look and the rename: then this one is alive.
  const moved = readLock(aside);
  if (moved !== seen) placeLock(aside, path);
  rmSync(aside, { force: true });
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').slice(0, LOCK_BYTES_MAX);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, boot, start } = JSON.parse(text) as Partial<Holder>;
    if (!Number.isSafeInteger(pid) || typeof boot !== 'string' || typeof start !== 'string')
      return null;
    return { pid: pid as number, boot, start };
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  return (
    holder.pid > 0 &&
    holder.boot === bootId() &&
    isRunning(holder.pid) &&
    holder.start === processStart(holder.pid)
  );
}
