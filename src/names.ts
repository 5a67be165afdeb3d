// The entry of kith-names.service: carries the names of the mesh from the hosts file of a daemon
// that may not write /etc/hosts into the one that it names. That daemon is not believed: nothing
// but names that end in .kith comes across, in fences of kith. Spec: docs/mesh.md, "Names".

import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { blocksIn, type HostName, withNames, withoutNames } from '../wg/hosts.ts';
import { changeHosts } from './os/hosts-file.ts';
import { NAMES_BYTES_MAX } from './os/limits.ts';
import { systemCode } from './store/faults.ts';

const [from, to, kept] = process.argv.slice(2);
if (from === undefined || to === undefined || kept === undefined) {
  process.stderr.write('usage: names FROM TO KEPT: see kith-names.service\n');
  process.exitCode = 2;
} else {
  carry(from, to, kept);
}

/** `memory` is a copy of what was carried last: what has gone from it goes from `place`. */
function carry(source: string, place: string, memory: string): void {
  const now = blocksIn(boundedText(source));
  const before = blocksIn(wholeText(memory));
  changeHosts((text) => changed(text, before, now), place);
  changeHosts(() => changed('', new Map(), now), memory);
}

type Blocks = ReadonlyMap<string, readonly HostName[]>;

function changed(text: string, before: Blocks, now: Blocks): string {
  const gone = [...before.keys()].filter((tag) => !now.has(tag));
  const without = gone.reduce(withoutNames, text);
  return [...now].reduce((so, [tag, names]) => withNames(so, tag, names).text, without);
}

function wholeText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return '';
  }
}

/** Of a file only: a pipe or a device in its place would keep this waiting. */
function boundedText(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return '';
  }
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${file} is no file`);
    const bytes = Buffer.alloc(NAMES_BYTES_MAX);
    const size = readSync(fd, bytes, 0, bytes.length, 0);
    if (size === bytes.length) throw new Error(`${file} is longer than any list of names`);
    return bytes.toString('latin1', 0, size);
  } finally {
    closeSync(fd);
  }
}
