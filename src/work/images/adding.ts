// A file becomes an image: read once, hashed and written chunk by chunk, synced, and put in its
// place whole. Whatever goes wrong leaves nothing behind. Spec: docs/images.md, "Adding".

import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { concat } from '../../../proto/bytes.ts';
import type { Digest } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { type ChunkList, imageId } from '../../../work/image.ts';
import { CHUNK_BYTES, IMAGE_CHUNKS_MAX } from '../../../work/limits.ts';
import { nowMs } from '../../os/clock.ts';
import { nodePlatform } from '../../platform.ts';
import { isFull, systemCode } from '../../store/faults.ts';
import { type About, type Paths, formIn, readAt, settle, sha256, writeAt } from './folder.ts';
import type { ImageCode } from './refusals.ts';

export interface AddParts {
  readonly paths: Paths;
  readonly room: (bytes: number) => { readonly ok: boolean; readonly freeBytes: number };
  readonly isHeld: (id: Digest) => boolean;
  readonly progress?: (done: number, of: number) => void;
}

export async function addFile(path: string, parts: AddParts): Promise<Result<About, ImageCode>> {
  let source: fs.FileHandle;
  try {
    // Not waited for: a pipe that nobody writes to would be for ever.
    source = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return refuse('image-no-file', `${path}: ${systemCode(error)}`);
  }
  let temporary: string | null = null;
  try {
    const stat = await source.stat();
    if (!stat.isFile()) return refuse('image-no-file', path);
    if (stat.size === 0) return refuse('image-empty', path);
    if (stat.size > IMAGE_CHUNKS_MAX * CHUNK_BYTES) return refuse('image-too-large', path);
    const { ok: fits, freeBytes } = parts.room(stat.size);
    if (!fits) return refuse('image-no-room', `it has ${stat.size} bytes, ${freeBytes} are free`);
    temporary = await fs.mkdtemp(join(parts.paths.incoming, 'add-'));
    const list = await copy(source, stat.size, join(temporary, 'image'), parts);
    const now = await source.stat();
    if (list === null || now.size !== stat.size || now.mtimeMs !== stat.mtimeMs) {
      return refuse('image-changed', path);
    }
    const id = imageId(list, nodePlatform);
    const form = await formIn(source, stat.size);
    const about: About = { id, sizeBytes: stat.size, form, addedAt: nowMs() };
    if (parts.isHeld(id)) return ok(about);
    await settle(parts.paths, temporary, list, about);
    return ok(about);
  } catch (error) {
    return refuse(isFull(error) ? 'image-no-room' : 'image-store', systemCode(error));
  } finally {
    await source.close();
    if (temporary !== null) await fs.rm(temporary, { recursive: true, force: true });
  }
}

const ZEROS: Buffer = Buffer.alloc(CHUNK_BYTES);

/** The list of what was copied, and is on the disk; null where the file ended before its size. */
async function copy(
  source: fs.FileHandle,
  sizeBytes: number,
  to: string,
  { progress }: AddParts,
): Promise<ChunkList | null> {
  const file = await fs.open(to, 'wx', 0o600);
  try {
    const hashes: Uint8Array[] = [];
    const chunks = Math.ceil(sizeBytes / CHUNK_BYTES);
    for (let at = 0; at < chunks; at++) {
      const offset = at * CHUNK_BYTES;
      const wanted = Math.min(CHUNK_BYTES, sizeBytes - offset);
      const bytes = await readAt(source, offset, wanted);
      if (bytes.length < wanted) return null;
      const [hash] = await Promise.all([
        sha256(bytes),
        // Holes of a disk stay holes.
        ZEROS.subarray(0, wanted).equals(bytes) ? undefined : writeAt(file, offset, bytes),
      ]);
      hashes.push(hash);
      progress?.(at + 1, chunks);
    }
    await file.truncate(sizeBytes);
    await file.sync();
    return concat(...hashes);
  } finally {
    await file.close();
  }
}
