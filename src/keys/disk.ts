// The few acts on files that keys need, as a value: tests stop the world after each of them. All
// are synchronous, so that nothing else happens between looking and writing.

import fs from 'node:fs';
import path from 'node:path';
import { fileIdentity } from '../os/file-identity.ts';

export interface FileFacts {
  readonly kind: 'file' | 'pipe' | 'other';
  readonly mode: number;
  readonly uid: number;
  /** Which file it is, whatever its path: a copy is another. */
  readonly identity: string;
  readonly sizeBytes: number;
}

export interface KeyDisk {
  /** A new file of exactly this mode, whatever the umask; throws EEXIST where the name is taken. */
  create(file: string, mode: number): number;
  /** Never hangs on a pipe without a writer, unless it is to wait for one. */
  openRead(file: string, waits: boolean): number;
  openAppend(file: string): number;
  facts(fd: number): FileFacts;
  /** From `position` on, or from where a pipe stands when null; 0 at the end. */
  read(fd: number, into: Uint8Array, position: number | null): number;
  /** The number of bytes that one write(2) took. */
  write(fd: number, bytes: Uint8Array): number;
  sync(fd: number): void;
  close(fd: number): void;
  /** A second name for a file; throws EEXIST where it is taken, which a rename does not. */
  link(file: string, name: string): void;
  rename(from: string, to: string): void;
  unlink(file: string): void;
  /** Makes the names in a folder last. */
  syncFolder(folder: string): void;
  /** A folder that lasts; nothing where it is there already. */
  makeFolder(folder: string, mode: number): void;
  names(folder: string): string[];
}

export const keyDisk: KeyDisk = {
  create(file, mode) {
    const fd = fs.openSync(file, 'wx', mode);
    fs.fchmodSync(fd, mode);
    return fd;
  },
  openRead(file, waits) {
    const { O_RDONLY, O_NONBLOCK } = fs.constants;
    return fs.openSync(file, waits ? O_RDONLY : O_RDONLY | O_NONBLOCK);
  },
  openAppend: (file) => fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_APPEND),
  facts(fd) {
    const stat = fs.fstatSync(fd, { bigint: true });
    const kind = stat.isFile() ? 'file' : stat.isFIFO() ? 'pipe' : 'other';
    const [mode, uid, sizeBytes] = [Number(stat.mode), Number(stat.uid), Number(stat.size)];
    return { kind, mode, uid, identity: fileIdentity(stat), sizeBytes };
  },
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, bytes) => fs.writeSync(fd, bytes),
  sync: (fd) => fs.fsyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  link: (file, name) => fs.linkSync(file, name),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (file) => fs.unlinkSync(file),
  syncFolder(folder) {
    const fd = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  makeFolder(folder, mode) {
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    try {
      fs.mkdirSync(folder, { mode });
    } catch (fault) {
      if (errnoOf(fault) === 'EEXIST') return;
      throw fault;
    }
    keyDisk.syncFolder(path.dirname(folder));
  },
  names: (folder) => fs.readdirSync(folder),
};

/** The system's name for a failure, such as ENOENT; '' for a failure of another kind. */
export function errnoOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}
