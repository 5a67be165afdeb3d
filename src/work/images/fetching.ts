// An image comes from whatever members hold it: the list of its chunks from any of them, since its
// id tells whether it is the right one, and each chunk from whoever is free. A member that sends
// other bytes is given up; a break costs the chunks that were on their way. Spec: docs/images.md,
// "Fetching".

import type { Digest, Key } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { type ChunkList, chunksIn, imageId, isChunkList } from '../../../work/image.ts';
import { CHUNK_BYTES } from '../../../work/limits.ts';
import { type Channel, ChannelFault } from '../../peer/channel.ts';
import { BusyFault, askChunk, askChunks, askHave } from '../../peer/image-client.ts';
import { nodePlatform } from '../../platform.ts';
import { isFull, systemCode } from '../../store/faults.ts';
import type { Incoming } from './incoming.ts';
import {
  ASKED_AT_ONCE_MAX,
  ASKED_MAX,
  BUSY_MAX,
  BUSY_MS_MAX,
  FIRST_TRY_MS,
  HAVE_MS_MAX,
  PEERS_AT_ONCE_MAX,
  REQUESTS_PER_PEER,
  TRIES_MAX,
  TRY_MS_MAX,
} from './limits.ts';
import type { ImageCode } from './refusals.ts';
import type { Held, ImageStore, Progress } from './store.ts';

/** How members are reached. */
export interface ImagePeers {
  /** Those that may hold images, the nearest first; not this node. */
  members(): readonly Key[];
  /** A connection of its own, opened at the first question. */
  channel(to: Key, signal: AbortSignal): Channel;
}

export interface FetchOptions {
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** What a person may want to know of a member: it was given up, and why. */
  readonly tell?: (member: Key, why: string) => void;
}

interface Fetch extends FetchOptions {
  readonly store: ImageStore;
  readonly peers: ImagePeers;
  readonly id: Digest;
  readonly signal: AbortSignal;
}

/** Fetches an image, or goes on with it; what is held already is not fetched. */
export async function fetchImage(
  store: ImageStore,
  peers: ImagePeers,
  id: Digest,
  options: FetchOptions = {},
): Promise<Result<Held, ImageCode>> {
  const held = store.find(id);
  if (held?.damaged === false) return ok(held);
  if (held !== null && (await store.check(id)).length === 0) {
    return ok({ ...held, damaged: false });
  }
  const signal = options.signal ?? new AbortController().signal;
  const fetch: Fetch = { ...options, store, peers, id, signal };
  const holders = await holdersOf(fetch);
  if (holders.length === 0) return refuse('image-nowhere', id);
  const list = (await store.incomingList(id)) ?? (await listFrom(fetch, holders));
  if (list === null) return refuse('image-broken-off', 'nobody sent the list of its chunks');
  return fetchChunks(fetch, list, holders);
}

/** Members that say they hold it. */
async function holdersOf({ peers, id, signal }: Fetch): Promise<Key[]> {
  const asked = peers.members().slice(0, ASKED_MAX);
  const holders = new Set<Key>();
  const next = async (): Promise<void> => {
    for (let to = asked.shift(); to !== undefined && !signal.aborted; to = asked.shift()) {
      // Enough of them: the others are spared the question.
      if (holders.size >= ASKED_AT_ONCE_MAX) return;
      if (await has(peers, to, id, signal)) holders.add(to);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE_MAX }, next));
  return peers.members().filter((key) => holders.has(key));
}

async function has(peers: ImagePeers, to: Key, id: Digest, signal: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(HAVE_MS_MAX)]);
  const channel = peers.channel(to, patience);
  try {
    return (await askHave(channel, id)) !== null;
  } catch {
    return false;
  } finally {
    channel.close();
  }
}

async function listFrom(fetch: Fetch, holders: readonly Key[]): Promise<ChunkList | null> {
  const { peers, id, signal, tell } = fetch;
  for (const to of holders) {
    const channel = peers.channel(to, signal);
    try {
      const list = await patiently(fetch, () => askChunks(channel, id));
      if (isChunkList(list) && imageId(list, nodePlatform) === id) return list;
      tell?.(to, 'it sent a list of chunks that is not of this image');
    } catch (error) {
      tell?.(to, (error as Error).message);
    } finally {
      channel.close();
    }
  }
  return null;
}

async function fetchChunks(
  fetch: Fetch,
  list: ChunkList,
  holders: readonly Key[],
): Promise<Result<Held, ImageCode>> {
  const { store, id, signal, progress } = fetch;
  let incoming: Incoming;
  try {
    incoming = await store.incoming(id, list);
  } catch (error) {
    return refuse(isFull(error) ? 'image-no-room' : 'image-store', systemCode(error));
  }
  const wanted = incoming.missingCount * CHUNK_BYTES;
  const { ok: fits, freeBytes } = store.hasRoom(wanted);
  if (!fits) {
    await incoming.close(false);
    return refuse('image-no-room', `it wants ${wanted} bytes, ${freeBytes} are free`);
  }
  progress?.(chunksIn(list) - incoming.missingCount, chunksIn(list));
  let failed: unknown = null;
  try {
    await fromAll(fetch, incoming, holders);
  } catch (error) {
    failed = error;
  }
  const missing = incoming.missingCount;
  if (failed === null && missing === 0) {
    try {
      return ok(await store.finish(incoming));
    } catch (error) {
      failed = error;
    }
  }
  // On a full disk nothing is left lying; after anything else it is gone on with.
  await incoming.close(!isFull(failed));
  if (isFull(failed)) return refuse('image-no-room', systemCode(failed));
  if (failed !== null) return refuse('image-store', systemCode(failed));
  const why = signal.aborted ? 'it was stopped' : `${missing} of ${chunksIn(list)} chunks`;
  return refuse('image-broken-off', why);
}

/**
 * Several members at once, each with a few requests; who fails for good is replaced by the next.
 */
async function fromAll(fetch: Fetch, incoming: Incoming, holders: readonly Key[]): Promise<void> {
  let usable = [...holders];
  const givenUp = new Set<Key>();
  while (incoming.missingCount > 0 && usable.length > 0 && !fetch.signal.aborted) {
    const queue = [...incoming.missing];
    const chosen = usable.slice(0, PEERS_AT_ONCE_MAX);
    const lines = chosen.flatMap((to) =>
      Array.from({ length: REQUESTS_PER_PEER }, () => from(fetch, incoming, to, queue, givenUp)),
    );
    // All end before the error of one is thrown: none may write into a folder that is removed.
    const ends = await Promise.allSettled(lines);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    usable = usable.filter((key) => !givenUp.has(key));
  }
}

/** One connection: chunk by chunk, until there are no more or the member is given up. */
async function from(
  fetch: Fetch,
  incoming: Incoming,
  to: Key,
  queue: number[],
  givenUp: Set<Key>,
): Promise<void> {
  const { peers, id, signal, tell, progress, store } = fetch;
  const giveUp = (why: string): void => {
    if (!givenUp.has(to)) tell?.(to, why);
    givenUp.add(to);
  };
  // One of its own: each request listens to it.
  const channel = peers.channel(to, AbortSignal.any([signal]));
  try {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      if (signal.aborted || givenUp.has(to)) return void queue.unshift(at);
      let bytes: Uint8Array;
      try {
        bytes = await patiently(fetch, () => askChunk(channel, id, at));
      } catch (error) {
        queue.unshift(at);
        return giveUp((error as Error).message);
      }
      if (!store.hasRoom(bytes.length).ok) throw NO_ROOM;
      if (!(await incoming.put(at, bytes))) {
        queue.unshift(at);
        return giveUp(
          bytes.length === 0 ? 'it does not hold it whole' : 'it sent another chunk than was asked',
        );
      }
      const chunks = chunksIn(incoming.list);
      progress?.(chunks - incoming.missingCount, chunks);
    }
  } finally {
    channel.close();
  }
}

/** As the disk would say it: the rest of it is not for images. */
const NO_ROOM: Error = Object.assign(new Error('no room'), { code: 'ENOSPC' });

/** Tries again what broke, and waits for who is busy; throws what stays so. */
async function patiently<Value>({ signal }: Fetch, work: () => Promise<Value>): Promise<Value> {
  for (let [tries, waits] = [1, 0]; ; ) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof BusyFault;
      const isFinal = error instanceof ChannelFault && error.final;
      if (signal.aborted || isFinal) throw error;
      if (isBusy ? ++waits > BUSY_MAX : ++tries > TRIES_MAX) throw error;
      const ms = isBusy
        ? Math.min(error.retryAfterMs, BUSY_MS_MAX)
        : Math.min(FIRST_TRY_MS * 2 ** (tries - 2), TRY_MS_MAX);
      await paused(ms, signal);
    }
  }
}

function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
