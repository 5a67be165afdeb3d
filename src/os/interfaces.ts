// Network interfaces as this process sees them. From /proc, which follows the network namespace of
// the process; /sys shows that of whoever mounted it.

import fs from 'node:fs';
import os from 'node:os';

/** Whether there is one, up or not. */
export function isInterface(name: string): boolean {
  return fs
    .readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`));
}

/** `ADDRESS/BITS` of one that is up; of one that is down, nothing. */
export function addressesOf(name: string): string[] {
  return os.networkInterfaces()[name]?.flatMap(({ cidr }) => cidr ?? []) ?? [];
}
