// What a process holds, by the kernel's account.

import fs from 'node:fs';

export interface Memory {
  /** Resident now, after a collection where gc() is at hand. */
  readonly residentMB: number;
  /** The most it ever was. */
  readonly peakMB: number;
}

const MB = 1_000_000;

export function memoryNow(): Memory {
  // A second pass frees what finalizers of the first let go.
  globalThis.gc?.();
  globalThis.gc?.();
  return { residentMB: process.memoryUsage.rss() / MB, peakMB: peakBytes() / MB };
}

function peakBytes(): number {
  if (!fs.existsSync('/proc/self/status')) return process.resourceUsage().maxRSS * 1024;
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1]) * 1024;
}
