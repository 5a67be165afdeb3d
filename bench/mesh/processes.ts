// The processes of machines of the laboratory, by /proc of this one.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Host } from '../../test/lab/host.ts';

/** Ticks of the processor's clock in a second, as /proc counts them on every Linux. */
export const TICKS = 100;

/** The one process in this machine that was started with such words, as this process sees it. */
export function processIn({ machine }: Host, fits: (words: readonly string[]) => boolean): number {
  const space = namespaceOf(machine.pid);
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  const found = pids.map(Number).filter((pid) => {
    try {
      if (namespaceOf(pid) !== space) return false;
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return fits(words) && !words.includes('setpriv') && !words.includes('nsenter');
    } catch {
      return false;
    }
  });
  if (found.length !== 1) throw new Error(`${found.length} processes, and not one`);
  return found[0] as number;
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}

/** Of the process, and of its children that have ended. */
export function ticksOf(pid: number): { own: number; children: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return { own: utime + stime, children: cutime + cstime };
}
