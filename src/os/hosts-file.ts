// The hosts file on disk: read, changed by a function of its text, and put in place in one step
// with the mode and owner that it had. Where it is mounted by itself, as in a container, it cannot
// be replaced and is written over. Its bytes are kept as they are, whatever their encoding.
// Spec: docs/mesh.md, "Names".

import fs from 'node:fs';
import path from 'node:path';
import { systemCode } from '../store/faults.ts';

/** The file of the system, or one that somebody with its right copies from (src/names.ts). */
export const HOSTS_FILE: string = process.env['KITH_HOSTS'] ?? '/etc/hosts';

/** No rename over a mount point, none in a folder that cannot be written. */
const NO_RENAME = ['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'];

export type HostsOutcome = 'same' | 'replaced' | 'overwritten';

/** Throws what the system says where neither way is open. */
export function changeHosts(
  change: (text: string) => string,
  file: string = HOSTS_FILE,
): HostsOutcome {
  // Behind a link stands the file that others read, too.
  const place = realPlace(file);
  for (;;) {
    const before = readBytes(place);
    const after = change(before);
    if (after === before) return 'same';
    const bytes = Buffer.from(after, 'latin1');
    try {
      // Where somebody else wrote meanwhile, what they wrote is changed instead.
      if (replaceFile(place, bytes, () => readBytes(place) === before)) return 'replaced';
    } catch (error) {
      if (!NO_RENAME.includes(systemCode(error))) throw error;
      overwriteFile(place, bytes);
      return 'overwritten';
    }
  }
}

function realPlace(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return file;
  }
}

function readBytes(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return '';
  }
}

/** Answers false, and has done nothing, where it is not to be any more. */
function replaceFile(file: string, bytes: Buffer, isAsRead: () => boolean): boolean {
  const facts = factsOf(file);
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.kith-${process.pid}`);
  fs.rmSync(draft, { force: true });
  const fd = fs.openSync(draft, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, bytes);
    if (facts.uid !== process.geteuid?.()) fs.fchownSync(fd, facts.uid, facts.gid);
    // Last: a change of owner may clear bits.
    fs.fchmodSync(fd, facts.mode);
    fs.fsyncSync(fd);
    const isMeant = isAsRead();
    if (isMeant) fs.renameSync(draft, file);
    else fs.rmSync(draft);
    return isMeant;
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function factsOf(file: string): { mode: number; uid: number; gid: number } {
  const facts = fs.statSync(file, { throwIfNoEntry: false });
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  if (facts === undefined) return { mode: 0o644, uid, gid };
  return { mode: facts.mode & 0o7777, uid: facts.uid, gid: facts.gid };
}

/** Longer first, then cut: at no moment is it empty. */
function overwriteFile(file: string, bytes: Buffer): void {
  const fd = fs.openSync(file, 'r+');
  try {
    let at = 0;
    while (at < bytes.length) at += fs.writeSync(fd, bytes, at, bytes.length - at, at);
    fs.ftruncateSync(fd, bytes.length);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
