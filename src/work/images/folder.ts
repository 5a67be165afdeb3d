// Where images lie, and how one comes to lie there whole or not at all: everything is written into
// a folder of its own and synced, and the folder is renamed. Spec: docs/images.md, "On disk".
//
//     held/ID/image, chunks, about.json    an image, the hashes of its chunks, what it is
//     incoming/add-*                       being added; gone at the next start
//     incoming/fetch-ID                    being fetched, or damaged: gone on with
//     names.json                           names of images on this machine

import { webcrypto } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { textOf, utf8 } from '../../../proto/bytes.ts';
import { type Digest, isDigest } from '../../../proto/ids.ts';
import {
  type ChunkList,
  type Form,
  HEAD_BYTES,
  TAR_BLOCK_BYTES,
  archiveForm,
  chunksIn,
  formOf,
  isChunkList,
  isChunkSize,
  imageId,
  tarEntry,
} from '../../../work/image.ts';
import { CHUNK_BYTES } from '../../../work/limits.ts';
import { nodePlatform } from '../../platform.ts';
import { realDisk, replaceFile } from '../../store/disk.ts';
import { ENTRIES_MAX, IMAGES_MAX, NAMES_BYTES_MAX } from './limits.ts';

export interface About {
  readonly id: Digest;
  readonly sizeBytes: number;
  readonly form: Form;
  readonly addedAt: number;
}

export interface Paths {
  readonly held: string;
  readonly incoming: string;
  readonly names: string;
}

export function pathsIn(folder: string): Paths {
  return {
    held: join(folder, 'held'),
    incoming: join(folder, 'incoming'),
    names: join(folder, 'names.json'),
  };
}

/** On another thread: a chunk would stop everything else for 10 ms. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes));
}

/** Fills a chunk from a place; shorter only at the end of the file. */
export async function readAt(
  file: fs.FileHandle,
  offset: number,
  sizeBytes: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let done = 0;
  while (done < sizeBytes) {
    const { bytesRead } = await file.read(bytes, done, sizeBytes - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

export async function writeAt(
  file: fs.FileHandle,
  offset: number,
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/** What a whole file is. */
export async function formIn(file: fs.FileHandle, sizeBytes: number): Promise<Form> {
  const form = formOf(await readAt(file, 0, HEAD_BYTES));
  if (form !== 'tar') return form;
  const names = new Set<string>();
  for (let [at, count] = [0, 0]; at < sizeBytes && count < ENTRIES_MAX; count++) {
    const entry = tarEntry(await readAt(file, at, TAR_BLOCK_BYTES));
    if (entry === null) break;
    names.add(entry.name.replace(/^\.\//, ''));
    at += TAR_BLOCK_BYTES * (1 + Math.ceil(entry.sizeBytes / TAR_BLOCK_BYTES));
  }
  return archiveForm(names);
}

/** Puts a folder with a whole image into its place; the image is written and synced by then. */
export async function settle(
  paths: Paths,
  from: string,
  list: ChunkList,
  about: About,
): Promise<void> {
  await replaceFile(realDisk, join(from, 'chunks'), list);
  const text = JSON.stringify({ v: 1, ...about });
  await replaceFile(realDisk, join(from, 'about.json'), utf8(`${text}\n`));
  const to = join(paths.held, about.id);
  await fs.rm(to, { recursive: true, force: true });
  await fs.rename(from, to);
  await realDisk.syncFolder(paths.held);
  await realDisk.syncFolder(dirname(from));
}

/** What is held, of which the small files and the size agree. */
export async function heldIn(paths: Paths): Promise<About[]> {
  const found: About[] = [];
  for (const name of await fs.readdir(paths.held)) {
    if (!isDigest(name) || found.length >= IMAGES_MAX) continue;
    const about = await aboutIn(join(paths.held, name), name);
    if (about !== null) found.push(about);
  }
  return found;
}

async function aboutIn(folder: string, id: Digest): Promise<About | null> {
  try {
    const about = JSON.parse(await fs.readFile(join(folder, 'about.json'), 'utf8')) as About;
    const list = await listIn(folder, id);
    const { size } = await fs.stat(join(folder, 'image'));
    if (list === null || about.id !== id || about.sizeBytes !== size) return null;
    const last = chunksIn(list) - 1;
    return isChunkSize(list, last, size - last * CHUNK_BYTES) ? about : null;
  } catch {
    // Torn or taken apart: it is fetched or added again.
    return null;
  }
}

/** The list of chunks that a folder holds; null where there is none that gives this id. */
export async function listIn(folder: string, id: Digest): Promise<ChunkList | null> {
  try {
    const list = new Uint8Array(await fs.readFile(join(folder, 'chunks')));
    return isChunkList(list) && imageId(list, nodePlatform) === id ? list : null;
  } catch {
    return null;
  }
}

export async function readNames(paths: Paths): Promise<Map<string, Digest>> {
  try {
    const bytes = await fs.readFile(paths.names);
    if (bytes.length > NAMES_BYTES_MAX) return new Map();
    const { names } = JSON.parse(textOf(bytes) ?? '') as { names: Record<string, Digest> };
    return new Map(Object.entries(names).filter(([, id]) => isDigest(id)));
  } catch {
    return new Map();
  }
}

export function writeNames(paths: Paths, names: ReadonlyMap<string, Digest>): Promise<void> {
  const text = JSON.stringify({ v: 1, names: Object.fromEntries(names) });
  return replaceFile(realDisk, paths.names, utf8(`${text}\n`));
}
