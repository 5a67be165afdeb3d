// The images of this machine: added from files, fetched from members, known by id and by names that
// hold here alone. A chunk is checked whenever it is read for somebody else; an image that is found
// damaged is held no more, and only its damaged chunks are fetched again. Spec: docs/images.md.

import fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { type ChunkList, type Form, chunksIn, isChunk, isImageName } from '../../../work/image.ts';
import { CHUNK_BYTES } from '../../../work/limits.ts';
import { nowMs } from '../../os/clock.ts';
import { realDisk } from '../../store/disk.ts';
import { addFile } from './adding.ts';
import {
  type About,
  type Paths,
  heldIn,
  listIn,
  pathsIn,
  readAt,
  readNames,
  sha256,
  writeNames,
} from './folder.ts';
import { type Incoming, openIncoming, partsOf } from './incoming.ts';
import { CHECKED_BYTES_MAX, IMAGES_MAX, MARGIN_BYTES, STALE_MS } from './limits.ts';
import type { ImageCode } from './refusals.ts';

export interface Held {
  readonly id: Digest;
  readonly sizeBytes: number;
  readonly form: Form;
  readonly addedAt: number;
  readonly names: readonly string[];
  /** A chunk of it was found to be another than it should be. */
  readonly damaged: boolean;
}

/** An image of which some chunks are here. */
export interface Partial {
  readonly id: Digest;
  /** As far as the file goes: chunks below that may still be missing. */
  readonly chunksUpTo: number;
  readonly chunks: number;
}

export type Progress = (done: number, of: number) => void;

export interface ImageStore {
  list(): readonly Held[];
  /** The ids of those that are whole, the newest first, and no more than so many. */
  newest(countMax: number): readonly Digest[];
  partial(): Promise<readonly Partial[]>;
  /** By its id, or by its name here. */
  find(name: string): Held | null;
  /** The id that a name stands for here, held or not. */
  idOf(name: string): Digest | null;
  fileOf(id: Digest): string;
  chunkList(id: Digest): Promise<ChunkList | null>;
  /** The chunk, checked; null: it is not here, or not what it should be. */
  readChunk(id: Digest, at: number): Promise<Uint8Array | null>;
  add(path: string, name: string | null, progress?: Progress): Promise<Result<Held, ImageCode>>;
  /** Where the chunks of an image go that is being fetched. */
  incoming(id: Digest, list: ChunkList): Promise<Incoming>;
  /** Chunks of one that arrives by itself: the list of them, if it was kept. */
  incomingList(id: Digest): Promise<ChunkList | null>;
  finish(incoming: Incoming): Promise<Held>;
  setName(name: string, id: Digest): Promise<Result<void, ImageCode>>;
  /** Takes a name away, and with its last one or by its id the image. */
  remove(name: string, isUsed: (id: Digest) => boolean): Promise<Result<Removed, ImageCode>>;
  /** Hashes an image whole: its damaged chunks. It is held no more if there are some. */
  check(id: Digest, progress?: Progress): Promise<readonly number[]>;
  /** The same before a start, where it costs little; false: it is damaged. */
  isSound(id: Digest): Promise<boolean>;
  /** Whether so much more can come onto the disk. */
  hasRoom(bytes: number): { readonly ok: boolean; readonly freeBytes: number };
}

export interface Removed {
  readonly id: Digest;
  readonly names: readonly string[];
  readonly image: boolean;
}

export interface StoreOptions {
  /** What stays free on its disk. */
  readonly marginBytes?: number;
}

interface State {
  readonly folder: string;
  readonly paths: Paths;
  readonly marginBytes: number;
  readonly held: Map<Digest, About>;
  readonly names: Map<string, Digest>;
  readonly damaged: Set<Digest>;
  /** Names are written one after the other. */
  writing: Promise<unknown>;
  last: { readonly id: Digest; readonly list: ChunkList } | null;
}

/** The store in a folder, made where there is none; throws the system's error. */
export async function openImages(
  folder: string,
  { marginBytes = MARGIN_BYTES }: StoreOptions = {},
): Promise<ImageStore> {
  const paths = pathsIn(folder);
  realDisk.makeFolder(paths.held);
  realDisk.makeFolder(paths.incoming);
  await tidy(paths);
  const held = new Map((await heldIn(paths)).map((about) => [about.id, about]));
  const state: State = {
    ...{ folder, paths, marginBytes, held, names: await readNames(paths) },
    ...{ damaged: new Set<Digest>(), writing: Promise.resolve(), last: null },
  };
  return {
    list: () => [...held.values()].map((about) => shown(state, about)),
    newest: (countMax) => newest(state, countMax),
    partial: () => partsOf(paths),
    find: (name) => find(state, name),
    idOf: (name) => (isDigest(name) ? name : (state.names.get(name) ?? null)),
    fileOf: (id) => join(paths.held, id, 'image'),
    chunkList: (id) => listOf(state, id),
    readChunk: (id, at) => readChunk(state, id, at),
    add: (path, name, progress) => add(state, path, name, progress),
    incoming: (id, list) => openIncoming(paths, id, list),
    incomingList: (id) => listIn(join(paths.incoming, `fetch-${id}`), id),
    finish: async (incoming) => take(state, await incoming.settle(nowMs())),
    setName: (name, id) => setName(state, name, id),
    remove: (name, isUsed) => remove(state, name, isUsed),
    check: (id, progress) => check(state, id, progress),
    isSound: (id) => isSound(state, id),
    hasRoom: (bytes) => roomFor(state, bytes),
  };
}

/** What a killed daemon has left of adding, and what nobody goes on with. */
async function tidy({ incoming }: Paths): Promise<void> {
  for (const name of await fs.readdir(incoming)) {
    const path = join(incoming, name);
    const { mtimeMs } = await fs.stat(path);
    const isStale = nowMs() - mtimeMs > STALE_MS;
    if (name.startsWith('add-') || isStale) await fs.rm(path, { recursive: true, force: true });
  }
}

function shown({ names, damaged }: State, about: About): Held {
  const own = [...names].flatMap(([name, id]) => (id === about.id ? [name] : []));
  const { id, sizeBytes, form, addedAt } = about;
  return { id, sizeBytes, form, addedAt, names: own.toSorted(), damaged: damaged.has(id) };
}

function newest({ held, damaged }: State, countMax: number): readonly Digest[] {
  return [...held.values()]
    .filter(({ id }) => !damaged.has(id))
    .toSorted((a, b) => b.addedAt - a.addedAt)
    .slice(0, countMax)
    .map(({ id }) => id);
}

function find(state: State, name: string): Held | null {
  const id = isDigest(name) ? name : state.names.get(name);
  const about = id === undefined ? undefined : state.held.get(id);
  return about === undefined ? null : shown(state, about);
}

function roomFor(
  { folder, marginBytes }: State,
  bytes: number,
): { ok: boolean; freeBytes: number } {
  const freeBytes = Math.max(0, realDisk.freeBytes(folder) - marginBytes);
  return { ok: bytes <= freeBytes, freeBytes };
}

async function listOf(state: State, id: Digest): Promise<ChunkList | null> {
  if (!state.held.has(id)) return null;
  if (state.last?.id === id) return state.last.list;
  const list = await listIn(join(state.paths.held, id), id);
  if (list !== null) state.last = { id, list };
  return list;
}

async function readChunk(state: State, id: Digest, at: number): Promise<Uint8Array | null> {
  const list = await listOf(state, id);
  if (list === null || at >= chunksIn(list)) return null;
  const file = await fs.open(join(state.paths.held, id, 'image'), 'r');
  try {
    const bytes = await readAt(file, at * CHUNK_BYTES, CHUNK_BYTES);
    const hash = await sha256(bytes);
    if (isChunk(list, at, { sizeBytes: bytes.length, hash })) return bytes;
    state.damaged.add(id);
    return null;
  } finally {
    await file.close();
  }
}

function take(state: State, about: About): Held {
  state.held.set(about.id, about);
  state.damaged.delete(about.id);
  return shown(state, about);
}

async function add(
  state: State,
  path: string,
  name: string | null,
  progress?: Progress,
): Promise<Result<Held, ImageCode>> {
  if (name !== null && !isImageName(name)) return refuse('image-name', name);
  if (state.held.size >= IMAGES_MAX) return refuse('image-no-room', `${IMAGES_MAX} images`);
  const added = await addFile(path, {
    paths: state.paths,
    room: (bytes) => roomFor(state, bytes),
    isHeld: (id) => state.held.has(id) && !state.damaged.has(id),
    ...(progress === undefined ? {} : { progress }),
  });
  if (!added.ok) return added;
  const about = state.held.get(added.value.id) ?? added.value;
  const held = take(state, about);
  if (name === null) return ok(held);
  const named = await setName(state, name, held.id);
  return named.ok ? ok(shown(state, about)) : named;
}

function inTurn<Value>(state: State, work: () => Promise<Value>): Promise<Value> {
  const turn = state.writing.then(work);
  state.writing = turn.catch(() => undefined);
  return turn;
}

function setName(state: State, name: string, id: Digest): Promise<Result<void, ImageCode>> {
  return inTurn(state, async () => {
    if (!isImageName(name)) return refuse('image-name', name);
    const names = new Map(state.names).set(name, id);
    if (names.size > IMAGES_MAX) return refuse('image-name', `${IMAGES_MAX} names`);
    await writeNames(state.paths, names);
    state.names.set(name, id);
    return ok(undefined);
  });
}

async function remove(
  state: State,
  name: string,
  isUsed: (id: Digest) => boolean,
): Promise<Result<Removed, ImageCode>> {
  const id = isDigest(name) ? name : state.names.get(name);
  if (id === undefined) return refuse('image-unknown', name);
  const all = [...state.names].flatMap(([one, of]) => (of === id ? [one] : []));
  const gone = isDigest(name) ? all : [name];
  const isWhole = gone.length === all.length;
  const begun = join(state.paths.incoming, `fetch-${id}`);
  if (isWhole && isUsed(id)) return refuse('image-used', name);
  const isThere = state.held.has(id) || realDisk.exists(begun);
  if (all.length === 0 && !isThere) return refuse('image-unknown', name);
  await inTurn(state, async () => {
    const left = new Map([...state.names].filter(([one]) => !gone.includes(one)));
    if (gone.length > 0) await writeNames(state.paths, left);
    for (const one of gone) state.names.delete(one);
  });
  if (isWhole) {
    state.held.delete(id);
    if (state.last?.id === id) state.last = null;
    // Out of its place first: a kill in between leaves no half of one there.
    const away = join(state.paths.incoming, `add-gone-${id}`);
    await fs.rename(join(state.paths.held, id), away).catch(() => undefined);
    await fs.rm(away, { recursive: true, force: true });
    await fs.rm(begun, { recursive: true, force: true });
  }
  return ok({ id, names: gone, image: isWhole && isThere });
}

async function check(state: State, id: Digest, progress?: Progress): Promise<readonly number[]> {
  const list = await listOf(state, id);
  if (list === null) return [];
  const damaged: number[] = [];
  for (let at = 0; at < chunksIn(list); at++) {
    if ((await readChunk(state, id, at)) === null) damaged.push(at);
    progress?.(at + 1, chunksIn(list));
  }
  if (damaged.length === 0) state.damaged.delete(id);
  else await demote(state, id);
  return damaged;
}

/** From here on it is one that is being fetched: what is sound of it stays. */
async function demote(state: State, id: Digest): Promise<void> {
  state.held.delete(id);
  if (state.last?.id === id) state.last = null;
  const to = join(state.paths.incoming, `fetch-${id}`);
  await fs.rm(to, { recursive: true, force: true });
  await fs.rename(join(state.paths.held, id), to);
}

async function isSound(state: State, id: Digest): Promise<boolean> {
  const about = state.held.get(id);
  if (about === undefined || state.damaged.has(id)) return false;
  if (about.sizeBytes > CHECKED_BYTES_MAX) return true;
  return (await check(state, id)).length === 0;
}
