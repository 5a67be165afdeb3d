// Which file this is on this machine: another one after a copy or a restore, whatever its path and
// its content. The number alone does not tell: ext4 gives that of a removed file to the next one
// made, so that a folder which is emptied and unpacked from a backup has its old numbers again.
// The device is no part of it: a mount may be another device after each start (btrfs, overlay).

import fs from 'node:fs';

/** Of `fstat` with `bigint`. Where a file system keeps no time of birth, its number has to do. */
export function fileIdentity({ ino, birthtimeNs }: fs.BigIntStats): string {
  return birthtimeNs === 0n || !birthsAreTold() ? String(ino) : `${ino}@${birthtimeNs}`;
}

let told: boolean | null = null;

/**
 * Where statx(2) is barred, as in old containers, Node gives the time of the last change for that
 * of birth. It does so for /proc, too, where nothing has one.
 */
function birthsAreTold(): boolean {
  told ??= fs.statSync('/proc/self/stat', { bigint: true }).birthtimeNs === 0n;
  return told;
}
