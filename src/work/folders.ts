// Where the files of a piece of work lie, by its id and generation: its driver's own folder, which
// goes when nothing of it is left, and its log, outputs and receipt, which stay. The name of the
// driver that has it is written down before anything is started, so that after a restart nobody
// else is asked for it. Spec: docs/running.md, "On disk".

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../../proto/bytes.ts';
import type { Tag } from '../../work/lease.ts';
import { type Disk, replaceFile } from '../store/disk.ts';

type Named = Pick<Tag, 'id' | 'generation'>;

export interface Folders {
  /** Of its driver, 0700; made at the first call. */
  runOf(tag: Named): string;
  logOf(tag: Named): string;
  outputsOf(tag: Named): string;
  /** The driver that has it, or had it; null: none was chosen. */
  driverOf(tag: Named): string | null;
  /** On the disk when it resolves. */
  noteDriver(tag: Named, name: string): Promise<void>;
  removeRun(tag: Named): Promise<void>;
}

export function nameOf({ id, generation }: Named): string {
  return `${id}-${generation}`;
}

/** `base`: the folder `work` of the data folder. */
export function foldersIn(disk: Disk, base: string): Folders {
  const at = (kind: string, tag: Named): string => join(base, kind, nameOf(tag));
  const noteFile = (tag: Named): string => join(at('runs', tag), 'driver');
  return {
    runOf(tag) {
      const folder = join(at('runs', tag), 'own');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    logOf: (tag) => at('logs', tag),
    outputsOf: (tag) => at('outputs', tag),
    driverOf(tag) {
      try {
        return readFileSync(noteFile(tag), 'utf8').trim();
      } catch {
        return null;
      }
    },
    async noteDriver(tag, name) {
      disk.makeFolder(at('runs', tag));
      await replaceFile(disk, noteFile(tag), utf8(`${name}\n`));
    },
    async removeRun(tag) {
      // The note goes last: what is left of it is still somebody's.
      await rm(join(at('runs', tag), 'own'), { recursive: true, force: true });
      rmSync(at('runs', tag), { recursive: true, force: true });
    },
  };
}
