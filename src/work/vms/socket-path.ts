// The path of a socket, for the system call that takes no more than 107 bytes: where it is longer,
// the folder is opened, and the socket reached through it. Only for calls that are over when they
// return. Spec: docs/machines.md, "QMP".

import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SOCKET_PATH_BYTES } from './limits.ts';

export function atSocket<Value>(path: string, use: (path: string) => Value): Value {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return use(path);
  const folder = openSync(dirname(path), 'r');
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
