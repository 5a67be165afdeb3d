// Secrets on disk: mode 0600 before the first byte, whole or not there at all, never overwritten by
// accident, and not believed where somebody else could read or change them.
// Spec: docs/keys.md, "On disk".

import path from 'node:path';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type KeyDisk, type FileFacts, errnoOf } from './disk.ts';
import type { FileCode } from './refusals.ts';

const SECRET_MODE = 0o600;
const OTHERS = 0o077;

export interface ReadRules {
  readonly sizeMax: number;
  /** Whether a pipe will do, as in --passphrase-file <(pass show kith). */
  readonly pipe?: boolean;
}

/** A file that only its owner can read. */
export function readSecretFile(
  disk: KeyDisk,
  file: string,
  rules: ReadRules,
): Result<Uint8Array, FileCode> {
  let fd: number;
  try {
    fd = disk.openRead(file, rules.pipe === true);
  } catch (fault) {
    const errno = errnoOf(fault);
    return errno === 'ENOENT'
      ? refuse('file-missing', file)
      : refuse('file-unreadable', `${file}: ${errno}`);
  }
  try {
    const facts = disk.facts(fd);
    if (facts.kind !== 'file' && !(facts.kind === 'pipe' && rules.pipe === true)) {
      return refuse('file-kind', file);
    }
    const exposed = exposure(file, facts);
    return exposed ?? readBounded(disk, fd, file, facts, rules.sizeMax);
  } finally {
    disk.close(fd);
  }
}

// Root reads for people, by sudo, so it takes files of any owner; everybody else takes their own
// and root's. The mode counts for all: a group that may read it is others.
function exposure(file: string, facts: FileFacts): Result<never, FileCode> | null {
  if ((facts.mode & OTHERS) !== 0) return refuse('file-open-to-others', `chmod 600 ${file}`);
  const own = process.geteuid?.() ?? facts.uid;
  return own === 0 || facts.uid === own || facts.uid === 0 ? null : refuse('file-foreign', file);
}

function readBounded(
  disk: KeyDisk,
  fd: number,
  file: string,
  facts: FileFacts,
  sizeMax: number,
): Result<Uint8Array, FileCode> {
  const bytes = new Uint8Array(sizeMax + 1);
  let size = 0;
  while (size < bytes.length) {
    const got = disk.read(fd, bytes.subarray(size), facts.kind === 'pipe' ? null : size);
    if (got === 0) return ok(bytes.subarray(0, size));
    size += got;
  }
  return refuse('file-too-long', `${file}: more than ${sizeMax} bytes`);
}

/** What to write, once the file is there and has its identity. */
export type Content = (facts: FileFacts) => Uint8Array;

/** A new secret file. A crash leaves it whole or absent; a name that is taken is left alone. */
export function createSecretFile(
  disk: KeyDisk,
  file: string,
  content: Content,
): Result<undefined, FileCode> {
  const draft = writeDraft(disk, file, content);
  try {
    disk.link(draft, file);
  } catch (fault) {
    if (errnoOf(fault) !== 'EEXIST') throw fault;
    disk.unlink(draft);
    return refuse('file-exists', file);
  }
  disk.unlink(draft);
  disk.syncFolder(path.dirname(file));
  return ok(undefined);
}

/** Puts new content in the place of a secret file. A crash leaves the old one or the new one. */
export function replaceSecretFile(disk: KeyDisk, file: string, content: Content): void {
  disk.rename(writeDraft(disk, file, content), file);
  disk.syncFolder(path.dirname(file));
}

function writeDraft(disk: KeyDisk, file: string, content: Content): string {
  const folder = path.dirname(file);
  disk.makeFolder(folder, 0o700);
  const stem = `${path.basename(file)}.draft-`;
  // What a crash left behind may hold a secret.
  for (const name of disk.names(folder)) {
    if (name.startsWith(stem)) disk.unlink(path.join(folder, name));
  }
  const draft = path.join(folder, stem + process.pid);
  const fd = disk.create(draft, SECRET_MODE);
  try {
    writeAll(disk, fd, content(disk.facts(fd)));
    disk.sync(fd);
  } finally {
    disk.close(fd);
  }
  return draft;
}

function writeAll(disk: KeyDisk, fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += disk.write(fd, bytes.subarray(at));
}
