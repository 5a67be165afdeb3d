// What a job finds around it that lies on this host: secrets and volumes by their names, and a
// folder for what it leaves. A secret goes from its file into the environment and nowhere else.
// Spec: docs/jobs.md, "What a job sees".

import fs from 'node:fs';
import path from 'node:path';
import { textOf } from '../../../proto/bytes.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { type Bind, outputFolders } from '../../../work/container.ts';
import type { FailCode } from '../../../work/failures.ts';
import type { Spec } from '../../../work/spec.ts';
import { keyDisk } from '../../keys/disk.ts';
import { readSecretFile } from '../../keys/secret-file.ts';
import { SECRET_BYTES_MAX } from './limits.ts';

export interface Needs {
  readonly env: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
}

/** `folder`: of the order. `state`: of this host, with `secrets` and `volumes`. */
export function needsOf(spec: Spec, folder: string, state: string): Result<Needs, FailCode> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(spec.env)) {
    const read = typeof value === 'string' ? ok(value) : secret(state, value.secret);
    if (!read.ok) return read;
    env[name] = read.value;
  }
  const binds: Bind[] = [];
  for (const { volume, target, readOnly } of spec.mounts) {
    const source = volumeFolder(state, volume);
    if (source === null) return refuse('no-volume', volume);
    binds.push({ source, target, readOnly });
  }
  const taken = new Set(binds.map(({ target }) => target));
  for (const [at, target] of outputFolders(spec).entries()) {
    if (!taken.has(target))
      binds.push({ source: outputFolder(folder, at), target, readOnly: false });
  }
  return ok({ env, binds });
}

/** A file as people write one: the line feed at its end is not meant. */
function secret(state: string, name: string): Result<string, FailCode> {
  const file = path.join(state, 'secrets', name);
  const read = readSecretFile(keyDisk, file, { sizeMax: SECRET_BYTES_MAX });
  if (!read.ok) return refuse('no-secret', `${name}: ${read.code}`);
  const text = textOf(read.value);
  read.value.fill(0);
  if (text === null || text.includes('\0')) return refuse('no-secret', `${name}: it is no text`);
  return ok(text.replace(/\r?\n$/, ''));
}

function volumeFolder(state: string, name: string): string | null {
  try {
    // Whoever has this host may have put it onto another disk by a link.
    const folder = fs.realpathSync(path.join(state, 'volumes', name));
    return fs.statSync(folder).isDirectory() ? folder : null;
  } catch {
    return null;
  }
}

/** Where the files of the output folder of that number lie. */
export function outputFolder(folder: string, at: number): string {
  return path.join(folder, 'out', String(at));
}

/** Made before the start. The user of a job may be mapped to any: the folder around keeps it. */
export function makeOutputFolders(spec: Spec, folder: string): void {
  for (const at of outputFolders(spec).keys()) {
    const made = outputFolder(folder, at);
    fs.mkdirSync(made, { recursive: true, mode: 0o700 });
    fs.chmodSync(path.dirname(made), 0o711);
    fs.chmodSync(made, 0o777);
  }
}
