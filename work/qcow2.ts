// The header of a qcow2 image, read before QEMU sees the image: one that leads to another file of
// the host (a backing file, a file of its data) would show that file to its guest, so it is
// refused. Format: docs/interop/qcow2 of QEMU. Spec: docs/machines.md, "Disks".

import { type Result, ok, refuse } from '../proto/result.ts';

export interface Qcow2 {
  readonly sizeMiB: number;
}

const MAGIC = [0x51, 0x46, 0x49, 0xfb];
/** As long as all fields that are looked at. */
export const QCOW2_HEADER_BYTES = 104;
const MIB = 1_048_576;

const AT = { version: 4, backing: 8, clusterBits: 20, size: 24, crypt: 32, incompatible: 72 };
/** Its counts are not to be trusted until it is repaired, which QEMU does by itself. */
const DIRTY = 1n;
/** Deflate or zstd, and entries of a finer kind: how it is packed, and nothing else. */
const PACKED = (1n << 3n) | (1n << 4n);
const CORRUPT = 1n << 1n;
const DATA_FILE = 1n << 2n;

export function isQcow2(head: Uint8Array): boolean {
  return MAGIC.every((byte, at) => head[at] === byte);
}

export function readQcow2(head: Uint8Array): Result<Qcow2, 'image-wrong'> {
  const no = (why: string): ReturnType<typeof readQcow2> => refuse('image-wrong', why);
  if (!isQcow2(head)) return no('it is no qcow2 image');
  if (head.length < QCOW2_HEADER_BYTES) return no('the header of the qcow2 image is torn');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = view.getUint32(AT.version);
  if (version !== 2 && version !== 3) return no(`qcow2 of version ${version}`);
  if (view.getBigUint64(AT.backing) !== 0n) return no('the image leads to a backing file');
  if (view.getUint32(AT.crypt) !== 0) return no('the image is encrypted');
  const bits = view.getUint32(AT.clusterBits);
  if (bits < 9 || bits > 21) return no(`clusters of 2^${bits} bytes`);
  const features = version === 2 ? 0n : view.getBigUint64(AT.incompatible);
  if ((features & DATA_FILE) !== 0n) return no('the image keeps its data in another file');
  if ((features & CORRUPT) !== 0n) return no('the image says that it is corrupt');
  if ((features & ~(DIRTY | PACKED)) !== 0n) return no('the image has features nobody knows');
  const size = view.getBigUint64(AT.size);
  if (size === 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) return no(`a disk of ${size} bytes`);
  return ok({ sizeMiB: Math.ceil(Number(size) / MIB) });
}
