// Every operation on files on which a promise of the store rests, as one small interface: the real
// one below, and one in test/kit that forgets, tears and refuses as disks do. Only `sync` takes
// long enough to be waited for; the others end in the page cache. LevelDB does its own: it may be
// lost.

import fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileIdentity } from '../os/file-identity.ts';
import { systemCode } from './faults.ts';

export interface DiskFile {
  size(): number;
  /** Which file this is on this machine: another one after a copy or a restore. */
  identity(): string;
  /** Fills `into` from `offset`; answers the count of bytes read, less only at the end. */
  readAt(into: Uint8Array, offset: number): number;
  /** Writes at the end, whoever else does. May write less than given: answers how much. */
  append(bytes: Uint8Array): number;
  /** Overwrites in place. Never on a file opened to append. */
  writeAt(bytes: Uint8Array, offset: number): number;
  truncate(sizeBytes: number): void;
  /**
   * Resolves when content and size are on the disk. After a failure this file is closed for good.
   */
  sync(): Promise<void>;
  close(): void;
}

/** `append` makes the file when absent; `update` and `read` want it; `replace` starts it empty. */
export type OpenHow = 'append' | 'update' | 'read' | 'replace';

export interface Disk {
  /** Throws the system's error; ENOENT where `how` wants a file that is not there. */
  open(path: string, how: OpenHow): DiskFile;
  exists(path: string): boolean;
  /** Replaces `to` at once or not at all. */
  rename(from: string, to: string): void;
  /** Removes a file; not there is fine. */
  unlink(path: string): void;
  /** With all folders above it, durably. */
  makeFolder(path: string): void;
  /** The names in a folder; none where there is no such folder. */
  list(path: string): readonly string[];
  /** Makes names in a folder durable: after a file is made, renamed or removed. */
  syncFolder(path: string): Promise<void>;
  freeBytes(path: string): number;
}

const FLAGS: Readonly<Record<OpenHow, number>> = {
  append: fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT,
  update: fs.constants.O_RDWR,
  read: fs.constants.O_RDONLY,
  replace: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
};
/** The ledger is no secret inside the network and none of anybody's business outside it. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const realDisk: Disk = {
  open: (path, how) => fileOn(fs.openSync(path, FLAGS[how], FILE_MODE)),
  exists: (path) => fs.existsSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.rmSync(path, { force: true }),
  makeFolder(path) {
    const whole = resolve(path);
    const first = foldersMade(whole);
    if (first === undefined) return;
    // Each new folder is a name in the one above it.
    for (
      let above = dirname(whole);
      above.length >= dirname(first).length;
      above = dirname(above)
    ) {
      const fd = fs.openSync(above, fs.constants.O_RDONLY);
      fs.fsyncSync(fd);
      fs.closeSync(fd);
      if (above === dirname(above)) return;
    }
  },
  list(path) {
    try {
      return fs.readdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  async syncFolder(path) {
    const fd = fs.openSync(path, fs.constants.O_RDONLY);
    try {
      await settled((done) => fs.fsync(fd, done));
    } finally {
      fs.closeSync(fd);
    }
  },
  freeBytes(path) {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  },
};

function fileOn(fd: number): DiskFile {
  return {
    size: () => fs.fstatSync(fd).size,
    identity: () => fileIdentity(fs.fstatSync(fd, { bigint: true })),
    readAt(into, offset) {
      let done = 0;
      while (done < into.length) {
        const got = fs.readSync(fd, into, done, into.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    },
    append: (bytes) => fs.writeSync(fd, bytes, 0, bytes.length, null),
    writeAt: (bytes, offset) => fs.writeSync(fd, bytes, 0, bytes.length, offset),
    truncate: (sizeBytes) => fs.ftruncateSync(fd, sizeBytes),
    sync: () => settled((done) => fs.fdatasync(fd, done)),
    close: () => fs.closeSync(fd),
  };
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((done, fail) => {
    start((error) => (error === null ? done() : fail(error)));
  });
}

/** Writes all of it, however short each write is. Throws when the disk takes nothing any more. */
export function writeWhole(write: (bytes: Uint8Array) => number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const took = write(done === 0 ? bytes : bytes.subarray(done));
    if (took <= 0) throw Object.assign(new Error('a write of nothing'), { code: 'EIO' });
    done += took;
  }
}

/** Replaces a file so that a crash leaves the old one or the new one, whole. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  try {
    const file = disk.open(temporary, 'replace');
    try {
      writeWhole((rest) => file.append(rest), bytes);
      await file.sync();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
  } catch (error) {
    // Its room may be what the disk is short of. Where even that fails, the first error counts.
    try {
      disk.unlink(temporary);
    } catch {}
    throw error;
  }
  await disk.syncFolder(dirname(path));
}

/** The content of a small file, or null where there is none. */
export function readWhole(disk: Disk, path: string, sizeBytesMax: number): Uint8Array | null {
  if (!disk.exists(path)) return null;
  const file = disk.open(path, 'read');
  try {
    const size = file.size();
    if (size > sizeBytesMax) return null;
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, file.readAt(bytes, 0));
  } finally {
    file.close();
  }
}

/** The highest folder that had to be made. */
function foldersMade(whole: string): string | undefined {
  try {
    return fs.mkdirSync(whole, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    // Where nothing may be made Node says that the folder is not there (libuv, mkdir on EROFS):
    // the first that is missing, made alone, has the reason.
    if (systemCode(error) !== 'ENOENT') throw error;
    let missing = whole;
    while (!fs.existsSync(dirname(missing))) missing = dirname(missing);
    if (!fs.existsSync(missing)) fs.mkdirSync(missing, { mode: FOLDER_MODE });
    throw error;
  }
}
