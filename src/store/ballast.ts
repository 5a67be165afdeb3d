// A file of random bytes whose only use is to be deleted: on a full disk it makes the room in which
// a removal can still be stored. Given up at the moment such a record needs it, not before, so that
// nobody else fills the room first.

import { dirname } from 'node:path';
import { randomBytes } from '../os/clock.ts';
import { type Disk, writeWhole } from './disk.ts';
import { BALLAST_BYTES } from './limits.ts';

/** Makes the ballast whole. False where the disk has no room for it. */
export async function keepBallast(disk: Disk, path: string): Promise<boolean> {
  if (hasBallast(disk, path)) return true;
  try {
    const file = disk.open(path, 'replace');
    try {
      // Random, since some file systems store zeros as nothing.
      writeWhole((rest) => file.append(rest), randomBytes(BALLAST_BYTES));
      await file.sync();
    } finally {
      file.close();
    }
    await disk.syncFolder(dirname(path));
    return true;
  } catch {
    disk.unlink(path);
    return false;
  }
}

function hasBallast(disk: Disk, path: string): boolean {
  if (!disk.exists(path)) return false;
  const file = disk.open(path, 'read');
  try {
    return file.size() === BALLAST_BYTES;
  } finally {
    file.close();
  }
}

/** Gives the room up. Waits until the file system has really taken it back. */
export async function releaseBallast(disk: Disk, path: string): Promise<void> {
  disk.unlink(path);
  await disk.syncFolder(dirname(path));
}
