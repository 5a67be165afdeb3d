// Whether the memory of a process holds a code, in any of the ways in which it is written.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

export function inMemory(pid: number, code: string): boolean {
  const bare = code.replaceAll('-', '');
  const forms = [code, bare, bare.slice(0, -1)].flatMap((text) => [
    Buffer.from(text, 'latin1'),
    Buffer.from(text, 'utf16le'),
  ]);
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .some((line) => isIn(fd, line, forms));
  } finally {
    closeSync(fd);
  }
}

/** One line of maps: what can be written there, read whole with a little overlap. */
function isIn(fd: number, line: string, forms: readonly Buffer[]): boolean {
  const found = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
  if (found === null) return false;
  const [from, to] = [
    Number.parseInt(found[1] as string, 16),
    Number.parseInt(found[2] as string, 16),
  ];
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES + 64, to - at));
    let size = 0;
    try {
      size = readSync(fd, chunk, 0, chunk.length, at);
    } catch {
      // A stretch that is reserved and not there.
      continue;
    }
    const read = chunk.subarray(0, size);
    if (forms.some((form) => read.includes(form))) return true;
  }
  return false;
}
