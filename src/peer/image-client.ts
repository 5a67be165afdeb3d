// Asking a member for images over a connection that stays open: each answer is bounded before it is
// read, and says nothing until whoever asked has checked it. Spec: docs/images.md, "Fetching".

import { toBase64url } from '../../proto/bytes.ts';
import { type Digest, ID_BYTES } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { digestBytes } from '../../work/image.ts';
import { CHUNK_BYTES, IMAGE_CHUNKS_MAX, NAME_CHARS_MAX } from '../../work/limits.ts';
import { decoded } from '../../wg/signed.ts';
import { type Channel, ChannelFault } from './channel.ts';
import { CHUNKS_PATH, CHUNK_PATH, HAVE_PATH, LIST_PATH, type ToldImage } from './image-routes.ts';
import { BODY_BYTES_MAX, TOLD_IMAGES_MAX } from './limits.ts';
import { PROTOBUF } from './media.ts';

/** The peer is there and wants to be asked later. */
export class BusyFault extends Error {
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('the peer is busy');
    this.name = 'BusyFault';
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether a member holds an image, and what it says of it; null: it does not. */
export async function askHave(channel: Channel, id: Digest): Promise<ToldImage | null> {
  const body = await ask(channel, HAVE_PATH, requestOf(id), BODY_BYTES_MAX);
  const reply = decoded(kith.ImageHaveReply, body);
  if (reply === null) throw new ChannelFault('the answer is of another form', true);
  const told = toldIn(reply.image);
  return told?.id === id ? told : null;
}

/** What a member holds, as far as it tells. */
export async function askList(channel: Channel): Promise<readonly ToldImage[]> {
  const request = kith.ImageListRequest.encode({}).finish();
  const reply = decoded(
    kith.ImageListReply,
    await ask(channel, LIST_PATH, request, BODY_BYTES_MAX),
  );
  if (reply === null) throw new ChannelFault('the answer is of another form', true);
  return reply.images.slice(0, TOLD_IMAGES_MAX).flatMap((image) => toldIn(image) ?? []);
}

/** The hashes of its chunks, as they came; empty: it is not held there. */
export function askChunks(channel: Channel, id: Digest): Promise<Uint8Array> {
  return ask(channel, CHUNKS_PATH, requestOf(id), IMAGE_CHUNKS_MAX * ID_BYTES);
}

/** A chunk as it came; empty: it is not held there. */
export function askChunk(channel: Channel, id: Digest, at: number): Promise<Uint8Array> {
  return ask(channel, CHUNK_PATH, requestOf(id, at), CHUNK_BYTES);
}

function requestOf(id: Digest, at = 0): Uint8Array {
  return kith.ImageRequest.encode({ image: digestBytes(id), at }).finish();
}

function toldIn(image: kith.ImageFacts | null | undefined): ToldImage | null {
  if (image === null || image === undefined || image.image.length !== ID_BYTES || image.size < 1)
    return null;
  const { image: id, size, form, names } = image;
  return {
    id: toBase64url(id) as Digest,
    sizeBytes: size,
    form: form.slice(0, NAME_CHARS_MAX),
    names: names.map((name) => name.slice(0, NAME_CHARS_MAX)),
  };
}

async function ask(
  channel: Channel,
  path: string,
  body: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array> {
  const reply = await channel.ask({ path, type: PROTOBUF, body });
  if (reply.status !== 200) {
    reply.drop();
    if (reply.status === 429) throw new BusyFault(reply.retryAfterMs);
    throw new ChannelFault(`the peer answers with status ${reply.status}`, reply.status < 500);
  }
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of reply.stream) {
      sizeBytes += part.length;
      if (sizeBytes > bytesMax) throw new ChannelFault('the answer is too long', true);
      parts.push(part);
    }
  } catch (error) {
    reply.drop();
    if (error instanceof ChannelFault) throw error;
    throw new ChannelFault((error as Error).message, false);
  }
  return new Uint8Array(Buffer.concat(parts));
}
