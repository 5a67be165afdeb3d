// An image: a file that work is started from, named by what is in it. Its id is the SHA-256 of the
// list of SHA-256s of its chunks, so that every chunk can be checked alone, whoever sends it; and
// its form is seen from its first bytes, whatever it is called. Spec: docs/images.md.

import { fromBase64url, sameBytes, toBase64url } from '../proto/bytes.ts';
import { type Digest, ID_BYTES, isDigest } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { CHUNK_BYTES, IMAGE_CHUNKS_MAX, NAME_CHARS_MAX } from './limits.ts';
import type { Spec } from './spec.ts';

export type Form = 'docker-archive' | 'oci-archive' | 'qcow2' | 'kernel' | 'initrd' | 'raw';

/** The SHA-256 of each chunk, in order, as one row of bytes. */
export type ChunkList = Uint8Array;

export function imageId(list: ChunkList, platform: Platform): Digest {
  return toBase64url(platform.sha256(list)) as Digest;
}

export function chunksIn(list: ChunkList): number {
  return list.length / ID_BYTES;
}

function chunkHash(list: ChunkList, at: number): Uint8Array {
  return list.subarray(at * ID_BYTES, (at + 1) * ID_BYTES);
}

/** A list that an image can have: of whole hashes, at least one, and not more than are allowed. */
export function isChunkList(bytes: Uint8Array): boolean {
  const count = bytes.length / ID_BYTES;
  return Number.isInteger(count) && count >= 1 && count <= IMAGE_CHUNKS_MAX;
}

/** Every chunk but the last is full, and the last one is not empty. */
export function isChunkSize(list: ChunkList, at: number, sizeBytes: number): boolean {
  const isLast = at === chunksIn(list) - 1;
  return isLast ? sizeBytes >= 1 && sizeBytes <= CHUNK_BYTES : sizeBytes === CHUNK_BYTES;
}

/** Whether these bytes are that chunk; `hash` is theirs. */
export function isChunk(
  list: ChunkList,
  at: number,
  { sizeBytes, hash }: { readonly sizeBytes: number; readonly hash: Uint8Array },
): boolean {
  return isChunkSize(list, at, sizeBytes) && sameBytes(chunkHash(list, at), hash);
}

/** What an image may be called: as in a spec, and not as an id is. */
export function isImageName(text: string): boolean {
  const isWord = /^[A-Za-z0-9][A-Za-z0-9._/:@+-]*$/.test(text);
  return isWord && text.length <= NAME_CHARS_MAX && !isDigest(text);
}

/** Every image that a spec names. */
export function imagesOf({ job, vm }: Spec): readonly string[] {
  return [job?.image, vm?.image, vm?.kernel, vm?.initrd].filter((one) => one !== undefined);
}

/** So much of a file is looked at. */
export const HEAD_BYTES = 1_024;

interface Sign {
  readonly at: number;
  readonly bytes: readonly number[];
  readonly form: Form;
}

function ascii(text: string): number[] {
  return Array.from(text, (symbol) => symbol.charCodeAt(0));
}

const SIGNS: readonly Sign[] = [
  { at: 0, bytes: [...ascii('QFI'), 0xfb], form: 'qcow2' },
  { at: 0x202, bytes: ascii('HdrS'), form: 'kernel' },
  { at: 0, bytes: [0x7f, ...ascii('ELF')], form: 'kernel' },
  { at: 56, bytes: [...ascii('ARM'), 0x64], form: 'kernel' },
  { at: 0, bytes: ascii('070701'), form: 'initrd' },
  { at: 0, bytes: ascii('070702'), form: 'initrd' },
  { at: 0, bytes: [0x1f, 0x8b], form: 'initrd' },
  { at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd], form: 'initrd' },
  { at: 0, bytes: [0xfd, ...ascii('7zXZ'), 0], form: 'initrd' },
];

const USTAR = { at: 257, bytes: ascii('ustar') };

function bears(head: Uint8Array, { at, bytes }: Pick<Sign, 'at' | 'bytes'>): boolean {
  return bytes.every((byte, i) => head[at + i] === byte);
}

/** The form by the first bytes; of an archive, which one is seen from its entries. */
export function formOf(head: Uint8Array): Form | 'tar' {
  if (bears(head, USTAR)) return 'tar';
  return SIGNS.find((sign) => bears(head, sign))?.form ?? 'raw';
}

/** A header of an archive; null: what is there is none, or the archive ends. */
export interface TarEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

export const TAR_BLOCK_BYTES = 512;

export function tarEntry(block: Uint8Array): TarEntry | null {
  if (block.length < TAR_BLOCK_BYTES || !bears(block, USTAR)) return null;
  const size = /^[0-7]{1,11}/.exec(textAt(block, 124, 12).trimStart());
  if (size === null) return null;
  return { name: textAt(block, 0, 100), sizeBytes: Number.parseInt(size[0], 8) };
}

function textAt(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}

/** What an archive is by the names of its entries: one that is both is read as Docker's by all. */
export function archiveForm(names: ReadonlySet<string>): Form {
  if (names.has('manifest.json')) return 'docker-archive';
  return names.has('oci-layout') || names.has('index.json') ? 'oci-archive' : 'raw';
}

export function digestBytes(digest: Digest): Uint8Array {
  return fromBase64url(digest) as Uint8Array;
}
