// A file of random bytes whose only use is to be deleted: on a full disk it makes the room in which
// a removal can still be stored. Given up at the moment such a record needs it, not before, so that
// nobody else fills the room first: by the store that finds no room for the record, or ahead of it
// by a command that has to open the ledger, stage and sign before there is a record.

import { dirname } from 'node:path';
import { randomBytes } from '../os/clock.ts';
import { type Disk, writeWhole } from './disk.ts';
import { BALLAST_BYTES, COMMAND_ROOM_BYTES } from './limits.ts';
import { pathsIn } from './opening.ts';

/** Makes the ballast whole where it is not. False where the disk has no room for it. */
export async function keepBallast(disk: Disk, path: string): Promise<boolean> {
  if (hasBallast(disk, path)) return true;
  // Whoever gave it up needs the room now.
  if (disk.freeBytes(dirname(path)) < 2 * BALLAST_BYTES) return false;
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

/**
 * Gives a part of the room up where a command in this folder could not even open the ledger for
 * want of it: what is left is for the next one.
 */
export async function makeRoom(disk: Disk, folder: string): Promise<void> {
  const { ballast } = pathsIn(folder);
  if (!disk.exists(ballast) || disk.freeBytes(folder) >= COMMAND_ROOM_BYTES) return;
  const file = disk.open(ballast, 'update');
  try {
    file.truncate(Math.max(0, file.size() - COMMAND_ROOM_BYTES));
    await file.sync();
  } finally {
    file.close();
  }
}
