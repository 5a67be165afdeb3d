// An image on its way: chunks go into their places as they come, each checked before; what is there
// after a break or a kill is found by hashing it, so that nothing needs to be written down about
// it. Spec: docs/images.md, "Fetching".

import fs from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../../proto/assert.ts';
import { type Digest, isDigest } from '../../../proto/ids.ts';
import { type ChunkList, chunksIn, isChunk } from '../../../work/image.ts';
import { CHUNK_BYTES } from '../../../work/limits.ts';
import { realDisk, replaceFile } from '../../store/disk.ts';
import { isFull } from '../../store/faults.ts';
import {
  type About,
  type Paths,
  formIn,
  listIn,
  readAt,
  settle,
  sha256,
  writeAt,
} from './folder.ts';
import type { Partial } from './store.ts';

/** Written and not synced: what the system would have to write in one go otherwise. */
const UNSYNCED_BYTES_MAX = 16 * CHUNK_BYTES;

export interface Incoming {
  readonly id: Digest;
  readonly list: ChunkList;
  /** Chunks that are not here, in order. */
  readonly missing: readonly number[];
  readonly missingCount: number;
  /** Takes a chunk; false: these bytes are another. */
  put(at: number, bytes: Uint8Array): Promise<boolean>;
  /** All chunks are here: into its place. */
  settle(nowMs: number): Promise<About>;
  /** Lets go of the file; `keep`: to be gone on with, else everything is removed. */
  close(keep: boolean): Promise<void>;
}

export async function openIncoming(paths: Paths, id: Digest, list: ChunkList): Promise<Incoming> {
  const folder = join(paths.incoming, `fetch-${id}`);
  try {
    return await openIn(paths, folder, id, list);
  } catch (error) {
    // On a full disk nothing is left lying.
    if (isFull(error)) await fs.rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function openIn(
  paths: Paths,
  folder: string,
  id: Digest,
  list: ChunkList,
): Promise<Incoming> {
  realDisk.makeFolder(folder);
  await replaceFile(realDisk, join(folder, 'chunks'), list);
  const file = await fs.open(join(folder, 'image'), 'a+', 0o600);
  await file.close();
  const image = await fs.open(join(folder, 'image'), 'r+');
  let missing: Set<number>;
  try {
    missing = await missingIn(image, list);
  } catch (error) {
    await image.close();
    throw error;
  }
  let unsynced = 0;
  let isOpen = true;
  return {
    ...{ id, list },
    get missing() {
      return [...missing];
    },
    get missingCount() {
      return missing.size;
    },
    async put(at, bytes) {
      const hash = await sha256(bytes);
      if (!isChunk(list, at, { sizeBytes: bytes.length, hash })) return false;
      await writeAt(image, at * CHUNK_BYTES, bytes);
      missing.delete(at);
      unsynced += bytes.length;
      if (unsynced < UNSYNCED_BYTES_MAX) return true;
      unsynced = 0;
      await image.datasync();
      return true;
    },
    async settle(nowMs) {
      assert(missing.size === 0, 'only a whole image is put in its place');
      const { size } = await image.stat();
      const form = await formIn(image, size);
      await image.sync();
      await image.close();
      isOpen = false;
      const about: About = { id, sizeBytes: size, form, addedAt: nowMs };
      await settle(paths, folder, list, about);
      return about;
    },
    async close(keep) {
      if (isOpen) await image.close();
      isOpen = false;
      if (!keep) await fs.rm(folder, { recursive: true, force: true });
    },
  };
}

/** Those whose bytes are not there, or others. What is longer than the image is cut off. */
async function missingIn(file: fs.FileHandle, list: ChunkList): Promise<Set<number>> {
  const count = chunksIn(list);
  const missing = new Set(Array.from({ length: count }, (_, at) => at));
  const { size } = await file.stat();
  for (let at = 0; at < count && at * CHUNK_BYTES < size; at++) {
    const bytes = await readAt(file, at * CHUNK_BYTES, CHUNK_BYTES);
    const hash = await sha256(bytes);
    if (isChunk(list, at, { sizeBytes: bytes.length, hash })) missing.delete(at);
  }
  const sizeMax = (missing.has(count - 1) ? count - 1 : count) * CHUNK_BYTES;
  if (size > sizeMax) await file.truncate(sizeMax);
  return missing;
}

/** What was begun and not ended. */
export async function partsOf({ incoming }: Paths): Promise<Partial[]> {
  const parts: Partial[] = [];
  for (const name of await fs.readdir(incoming)) {
    const id = name.slice('fetch-'.length);
    if (!name.startsWith('fetch-') || !isDigest(id)) continue;
    const list = await listIn(join(incoming, name), id);
    const size = await fs.stat(join(incoming, name, 'image')).catch(() => null);
    if (list === null || size === null) continue;
    const chunks = chunksIn(list);
    parts.push({ id, chunks, chunksUpTo: Math.min(chunks, Math.ceil(size.size / CHUNK_BYTES)) });
  }
  return parts;
}
