// A process that takes the place of another: with its words, its folder, its environment, and what
// it writes going where that of the other one went. Linux tells all of it in /proc.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from '../store/faults.ts';

export interface Place {
  /** Behind the name of its program. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its standard output and its standard error, opened. */
  readonly outputs: readonly [number, number];
}

/** Where a process stands that runs a script by Node; null: what it writes to cannot be opened. */
export function placeOf(pid: number): Place | null {
  const at = `/proc/${pid}`;
  const [, ...rest] = partsIn(`${at}/cmdline`);
  const script = rest.findIndex((word) => !word.startsWith('-'));
  const env = partsIn(`${at}/environ`).map((one): [string, string] => {
    const equals = one.indexOf('=');
    return [one.slice(0, equals), one.slice(equals + 1)];
  });
  const cwd = readlinkSync(`${at}/cwd`);
  const outputs = [1, 2].map((fd) => opened(`${at}/fd/${fd}`));
  const [out, err] = outputs;
  if (typeof out !== 'number' || typeof err !== 'number') {
    for (const fd of outputs) if (typeof fd === 'number') closeSync(fd);
    return null;
  }
  return { words: rest.slice(script + 1), cwd, env: Object.fromEntries(env), outputs: [out, err] };
}

/** Its own group and session: the terminal that it was started at is nothing to it. */
export function startIn(
  { words, cwd, env, outputs: [out, err] }: Place,
  script: string,
): ChildProcess {
  const child = spawn(process.execPath, [script, ...words], {
    ...{ cwd, env, detached: true, stdio: ['ignore', out, err] },
  });
  closeSync(out);
  closeSync(err);
  child.unref();
  return child;
}

function partsIn(path: string): string[] {
  return readFileSync(path, 'utf8').split('\0').slice(0, -1);
}

/** Null: it is a socket, as of a service manager, or nobody reads any more. */
function opened(path: string): number | null {
  try {
    // A pipe that nobody reads any more must not hold this process up.
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'EACCES') throw error;
    return null;
  }
}
