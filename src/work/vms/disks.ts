// What a machine boots from: images of the store, checked and never written, with an overlay of its
// own on top; its seed; the variables of its firmware. Spec: docs/machines.md, "Disks".

import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { FAILURES, type FailCode } from '../../../work/failures.ts';
import { QCOW2_HEADER_BYTES, isQcow2, readQcow2 } from '../../../work/qcow2.ts';
import { type Seed, fitsSeed, seedDisk, seedFiles } from '../../../work/seed.ts';
import { runTool } from '../../os/tools.ts';
import { isFull } from '../../store/faults.ts';
import type { ImageFound, Order, Tell } from '../driver.ts';
import { BOOT_FILE_BYTES_MAX, OVERLAY_MS } from './limits.ts';
import type { Base } from './note.ts';

export const FILES = {
  overlay: 'disk.qcow2',
  seed: 'seed.img',
  vars: 'uefi-vars.fd',
  kernel: 'kernel',
  initrd: 'initrd',
} as const;

const MIB = 1_048_576;
/** UEFI firmware as Debian, Fedora and Arch install it: the code, and its empty variables. */
const UEFI = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
] as const;

export function uefiFiles(): { readonly code: string; readonly vars: string } | null {
  const found = UEFI.find((pair) => pair.every((file) => existsSync(file)));
  return found === undefined ? null : { code: found[0], vars: found[1] };
}

type Fetched = Extract<ImageFound, { where: 'store' }>;

/** A file of the store, or why there is none. */
export async function fetched(
  order: Order,
  name: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<Fetched, FailCode>> {
  try {
    const found = await order.image(name, tell, signal);
    return found.where === 'store' ? ok(found) : refuse('image-missing', name);
  } catch (error) {
    if (isFull(error)) return refuse('disk-full', name);
    const why = error instanceof Error ? error.message : String(error);
    const own = (error as { code?: string }).code ?? '';
    return refuse(own in FAILURES ? (own as FailCode) : 'image-unfetched', `${name}: ${why}`);
  }
}

/** Whether an image may be the disk of a guest that is to have so much room. */
export function checkDisk(file: string, diskMiB: number): Result<Base, FailCode> {
  const head = headOf(file);
  let sizeMiB = Math.ceil(statSync(file).size / MIB);
  if (isQcow2(head)) {
    const read = readQcow2(head);
    if (!read.ok) return read;
    ({ sizeMiB } = read.value);
  }
  if (sizeMiB > diskMiB) {
    const why = `the image is a disk of ${sizeMiB} MiB, and resources.diskMiB is ${diskMiB}`;
    return refuse('image-wrong', why);
  }
  return ok({ file, format: isQcow2(head) ? 'qcow2' : 'raw' });
}

function headOf(file: string): Uint8Array {
  const head = new Uint8Array(QCOW2_HEADER_BYTES);
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** An empty disk of its own on top of the base, or alone. Nothing of the base is read for it. */
export async function makeOverlay(
  folder: string,
  base: Base | null,
  diskMiB: number,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const file = join(folder, FILES.overlay);
  // One that is there already has what its guest wrote, and stays.
  if (existsSync(file)) return ok(undefined);
  const under = base === null ? [] : ['-u', '-b', base.file, '-F', base.format];
  const draft = `${file}.new`;
  const argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', ...under, draft, `${diskMiB}M`];
  const made = await runTool(argv, { limitMs: OVERLAY_MS, signal });
  if (made.status !== 0) {
    const hasNoRoom = /no space left|quota exceeded/i.test(made.said);
    return refuse(hasNoRoom ? 'disk-full' : 'engine-refused', made.said);
  }
  chmodSync(draft, 0o600);
  renameSync(draft, file);
  return ok(undefined);
}

/**
 * A kernel or an initrd, where QEMU can read it: it opens them by path, as a user who may read what
 * everybody may. A copy shares its blocks with the image where the file system can.
 */
export function bootFile(file: string, folder: string, name: string): Result<string, FailCode> {
  const { size, mode } = statSync(file);
  if (size > BOOT_FILE_BYTES_MAX) return refuse('image-wrong', `${name} is larger than 1 GiB`);
  if (isQcow2(headOf(file))) return refuse('image-wrong', `${name}: it is a disk`);
  if ((mode & 0o004) !== 0) return ok(file);
  const copy = join(folder, name);
  copyFileSync(file, copy, constants.COPYFILE_FICLONE);
  chmodSync(copy, 0o444);
  return ok(copy);
}

export function makeVars(folder: string, vars: string): void {
  const file = join(folder, FILES.vars);
  if (!existsSync(file)) copyFileSync(vars, file, constants.COPYFILE_FICLONE);
  chmodSync(file, 0o600);
}

export function makeSeed(folder: string, seed: Seed): Result<void, FailCode> {
  const files = seedFiles(seed);
  if (!fitsSeed(files)) return refuse('start-failed', 'vm.userData: too long for a seed');
  writeFileSync(join(folder, FILES.seed), seedDisk(files), { mode: 0o600 });
  return ok(undefined);
}
