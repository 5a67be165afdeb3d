// The name of the local API in the data folder: a socket that only its owner can open, or the group
// `kith` where there is one. Call it with the lock of the daemon held: what stands there is stale.

import { chmodSync, chownSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { SOCKET_PATH_BYTES_MAX } from './limits.ts';
import { DaemonFault } from './refusals.ts';

const GROUP = 'kith';
const OTHERS = 0o177;

export async function bindSocket(
  server: Server,
  path: string,
  groups = '/etc/group',
): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) throw new DaemonFault('socket-path', path);
  // A file of another kind was put there by somebody, and is left for the system to complain of.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve).once('error', reject);
  });
  // The name appears within this call: with its mode from the first moment.
  const umask = process.umask(OTHERS);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
  shareWithGroup(path, groups);
}

function shareWithGroup(path: string, groups: string): void {
  const group = groupId(groups, GROUP);
  if (group === null) return;
  try {
    chownSync(path, process.geteuid?.() ?? -1, group);
    chmodSync(path, 0o660);
  } catch {
    // This user is not in the group, so it cannot share with it.
  }
}

function groupId(groups: string, name: string): number | null {
  try {
    const line = readFileSync(groups, 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${name}:`));
    const id = Number(line?.split(':')[2]);
    return Number.isSafeInteger(id) && line !== undefined ? id : null;
  } catch {
    return null;
  }
}
