// What is known of one machine, beside it on disk: written whole before it is started and once
// more when it runs, so that a later daemon finds it again. Never an input of anybody else's: the
// folder is root's alone. Spec: docs/machines.md, "The folder".

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isKey } from '../../../proto/ids.ts';
import type { GuestPort } from '../../../wg/guests.ts';
import type { Forward } from '../../../work/qemu.ts';
import type { Tag } from '../../../work/lease.ts';
import { NOTE_BYTES_MAX } from './limits.ts';

/** What was made ready, by `prepare`. */
export interface Prepared {
  readonly tag: Tag;
  readonly imageId: string;
  /** Files that the guest has, by what they are for. */
  readonly disk: { readonly base: Base | null } | null;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly hasSeed: boolean;
  readonly net: PreparedNet;
}

export interface Base {
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
}

export interface PreparedNet {
  readonly mode: 'none' | 'mesh' | 'egress';
  readonly device: string;
  readonly mac: string;
  /** On the mesh; null elsewhere. */
  readonly address: string | null;
  /** Published there. */
  readonly ports: readonly GuestPort[];
}

/** Which process it is: a number alone is somebody else's later. */
export interface Process {
  readonly pid: number;
  /** Ticks since the start of the machine. */
  readonly started: string;
  readonly boot: string;
}

export interface Started {
  readonly accel: 'kvm' | 'tcg';
  readonly user: number;
  readonly startedAtMs: number;
  readonly forwards: readonly Forward[];
  readonly memMiB: number;
  readonly cpuMilli: number;
  readonly balloon: boolean;
  /** Null: it was about to be started. */
  readonly process: Process | null;
}

export interface Note extends Prepared {
  readonly started: Started | null;
}

const FILE = 'machine.json';

export function writeNote(folder: string, note: Note): void {
  const draft = join(folder, `${FILE}.new`);
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(note)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, join(folder, FILE));
  const above = openSync(dirname(draft), 'r');
  try {
    fsyncSync(above);
  } finally {
    closeSync(above);
  }
}

/** Null where there is none, or one that nobody of us has written. */
export function readNote(folder: string): Note | null {
  try {
    const bytes = readFileSync(join(folder, FILE));
    if (bytes.length > NOTE_BYTES_MAX) return null;
    const note = JSON.parse(bytes.toString('utf8')) as Note;
    const { tag } = note;
    const isWhole =
      typeof tag.id === 'string' &&
      typeof tag.digest === 'string' &&
      Number.isSafeInteger(tag.generation) &&
      isKey(tag.owner) &&
      typeof note.net.mode === 'string';
    return isWhole ? note : null;
  } catch {
    return null;
  }
}

/** The name of a machine, of its folder and of its control group. */
export function nameOf({ id, generation }: Pick<Tag, 'id' | 'generation'>): string {
  return `${id}.${generation}`;
}
