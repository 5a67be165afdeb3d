// The images of a daemon: its store, what it gives to members, and what it fetches from them. What
// several want at once is fetched once. Spec: docs/images.md.

import { type Digest, type Key, isDigest } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import type { FailCode } from '../../../work/failures.ts';
import { askList } from '../../peer/image-client.ts';
import { type ToldImage, imageRoutes } from '../../peer/image-routes.ts';
import type { PeerRoute } from '../../peer/served.ts';
import type { ImageFound, Tell } from '../driver.ts';
import { type ImagePeers, fetchImage } from './fetching.ts';
import { ASKED_AT_ONCE_MAX, ASKED_MAX, HAVE_MS_MAX } from './limits.ts';
import type { ImageCode } from './refusals.ts';
import type { Held, ImageStore, Progress } from './store.ts';

export interface Images {
  readonly store: ImageStore;
  /** For the door on the mesh. */
  readonly routes: readonly PeerRoute[];
  fetch(id: Digest, progress?: Progress, signal?: AbortSignal): Promise<Result<Held, ImageCode>>;
  /** For drivers: a file of the store, fetched where that is needed, or none of ours. */
  forWork(name: string, tell: Tell, signal: AbortSignal): Promise<ImageFound>;
  /** What other members hold, as they tell. */
  elsewhere(signal?: AbortSignal): Promise<readonly Elsewhere[]>;
  /** Breaks off what is being fetched. */
  close(): Promise<void>;
}

export interface Elsewhere {
  readonly member: Key;
  readonly images: readonly ToldImage[];
}

/** An image that a work needs cannot be had; `code` is that of its failure. */
export class ImageFault extends Error {
  readonly code: FailCode;
  constructor(code: FailCode, detail: string) {
    super(detail);
    this.name = 'ImageFault';
    this.code = code;
  }
}

interface Shared {
  readonly done: Promise<Result<Held, ImageCode>>;
  readonly listeners: Set<Progress>;
  readonly abort: AbortController;
  waiting: number;
}

interface Own {
  readonly store: ImageStore;
  readonly peers: ImagePeers;
  readonly tell: (member: Key, why: string) => void;
  readonly fetches: Map<Digest, Shared>;
  /** Broken off, and still letting go of their files. */
  readonly ending: Map<Digest, Promise<unknown>>;
}

/** `tell` hears of members that are given up, and why. */
export function imagesOver(
  store: ImageStore,
  peers: ImagePeers,
  tell: (member: Key, why: string) => void = () => undefined,
): Images {
  const own: Own = { store, peers, tell, fetches: new Map(), ending: new Map() };
  const whole = (): readonly Held[] => store.list().filter(({ damaged }) => !damaged);
  return {
    store,
    routes: imageRoutes({
      images: whole,
      find(id) {
        const held = store.find(id);
        return held?.damaged === false ? held : null;
      },
      chunkList: store.chunkList,
      readChunk: store.readChunk,
    }),
    fetch: (id, progress, signal) => fetchShared(own, id, progress, signal),
    forWork: (name, tellWork, signal) => forWork(own, name, tellWork, signal),
    elsewhere: (signal) => elsewhere(peers, signal),
    async close() {
      const all = [...own.fetches.values()];
      for (const { abort } of all) abort.abort();
      await Promise.allSettled([...all.map(({ done }) => done), ...own.ending.values()]);
    },
  };
}

/** Ends for whoever goes away; for all when the last one has. */
async function fetchShared(
  own: Own,
  id: Digest,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Result<Held, ImageCode>> {
  const shared = own.fetches.get(id) ?? begin(own, id);
  if (progress !== undefined) shared.listeners.add(progress);
  shared.waiting += 1;
  let leave = (): void => undefined;
  const left = new Promise<'left'>((resolve) => {
    leave = () => resolve('left');
    if (signal?.aborted === true) leave();
    signal?.addEventListener('abort', leave, { once: true });
  });
  try {
    const end = await Promise.race([shared.done, left]);
    return end === 'left' ? refuse('image-broken-off', 'it was stopped') : end;
  } finally {
    signal?.removeEventListener('abort', leave);
    if (progress !== undefined) shared.listeners.delete(progress);
    shared.waiting -= 1;
    if (shared.waiting === 0) breakOff(own, id, shared);
  }
}

/** Nobody waits for it any more; where it has ended by itself, this does nothing. */
function breakOff({ fetches, ending }: Own, id: Digest, shared: Shared): void {
  shared.abort.abort();
  if (fetches.get(id) !== shared) return;
  fetches.delete(id);
  const end = shared.done
    .catch(() => undefined)
    .finally(() => {
      if (ending.get(id) === end) ending.delete(id);
    });
  ending.set(id, end);
}

function begin({ store, peers, tell, fetches, ending }: Own, id: Digest): Shared {
  const listeners = new Set<Progress>();
  const abort = new AbortController();
  const progress: Progress = (done, of) => {
    for (const listener of listeners) listener(done, of);
  };
  const done = Promise.resolve(ending.get(id))
    .then(() => fetchImage(store, peers, id, { progress, signal: abort.signal, tell }))
    .finally(() => {
      if (fetches.get(id) === shared) fetches.delete(id);
    });
  const shared: Shared = { done, listeners, abort, waiting: 0 };
  fetches.set(id, shared);
  return shared;
}

const FAILURE_OF: Readonly<Partial<Record<ImageCode, FailCode>>> = {
  'image-no-room': 'disk-full',
  'image-store': 'disk-full',
  'image-damaged': 'image-wrong',
};

async function forWork(
  own: Own,
  name: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<ImageFound> {
  const { store } = own;
  const id = store.idOf(name);
  if (id === null) return { where: 'engine' };
  const found = async (held: Held): Promise<Result<Held, ImageCode>> =>
    (await store.isSound(id)) ? ok(held) : fetchShared(own, id, fetching, signal);
  const fetching: Progress = (done, of) => tell('fetching the image', done, of);
  const held = store.find(id);
  const got =
    held?.damaged === false ? await found(held) : await fetchShared(own, id, fetching, signal);
  if (got.ok) return { where: 'store', id, file: store.fileOf(id), form: got.value.form };

  if (got.code === 'image-nowhere' && !isDigest(name)) return { where: 'engine' };
  throw new ImageFault(FAILURE_OF[got.code] ?? 'image-unfetched', got.detail);
}

async function elsewhere(peers: ImagePeers, signal?: AbortSignal): Promise<readonly Elsewhere[]> {
  const asked = peers.members().slice(0, ASKED_MAX);
  const found: Elsewhere[] = [];
  const next = async (): Promise<void> => {
    for (let member = asked.shift(); member !== undefined; member = asked.shift()) {
      const late = AbortSignal.timeout(HAVE_MS_MAX);
      const channel = peers.channel(member, signal ? AbortSignal.any([late, signal]) : late);
      try {
        found.push({ member, images: await askList(channel) });
      } catch {
        // It is away, or older than this route: it is not listed.
      } finally {
        channel.close();
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE_MAX }, next));
  return found;
}
