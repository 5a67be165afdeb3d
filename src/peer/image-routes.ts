// The routes by which members give each other images: what is held, the list of its chunks, and
// each chunk alone. Whoever asks checks what it gets; whoever answers has checked it as well, so
// that damage is found where it is. Members may ask, and nobody else. Spec: docs/images.md.

import { toBase64url } from '../../proto/bytes.ts';
import { type Digest, ID_BYTES } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { type ChunkList, digestBytes } from '../../work/image.ts';
import { decoded } from '../../wg/signed.ts';
import { TOLD_IMAGES_MAX } from './limits.ts';
import type { PeerRoute } from './served.ts';

export const HAVE_PATH = '/v1/images/have';
export const LIST_PATH = '/v1/images/list';
export const CHUNKS_PATH = '/v1/images/chunks';
export const CHUNK_PATH = '/v1/images/chunk';
const REQUEST_BYTES_MAX = 64;

export interface ToldImage {
  readonly id: Digest;
  readonly sizeBytes: number;
  readonly form: string;
  readonly names: readonly string[];
}

/** What this node gives: whole images alone. */
export interface ImageDesk {
  images(): readonly ToldImage[];
  find(id: Digest): ToldImage | null;
  chunkList(id: Digest): Promise<ChunkList | null>;
  readChunk(id: Digest, at: number): Promise<Uint8Array | null>;
}

const NOTHING = new Uint8Array();

export function imageRoutes(desk: ImageDesk): readonly PeerRoute[] {
  return [
    {
      path: HAVE_PATH,
      bodyMax: REQUEST_BYTES_MAX,
      answer(body) {
        const asked = readRequest(body);
        if (asked === null) return null;
        const image = desk.find(asked.id);
        return kith.ImageHaveReply.encode(image === null ? {} : { image: facts(image) }).finish();
      },
    },
    {
      path: LIST_PATH,
      bodyMax: REQUEST_BYTES_MAX,
      answer(body) {
        if (decoded(kith.ImageListRequest, body) === null) return null;
        const images = desk.images().slice(0, TOLD_IMAGES_MAX).map(facts);
        return kith.ImageListReply.encode({ images }).finish();
      },
    },
    {
      ...{ path: CHUNKS_PATH, bodyMax: REQUEST_BYTES_MAX, bulk: true },
      async answer(body) {
        const asked = readRequest(body);
        return asked === null ? null : ((await desk.chunkList(asked.id)) ?? NOTHING);
      },
    },
    {
      ...{ path: CHUNK_PATH, bodyMax: REQUEST_BYTES_MAX, bulk: true },
      async answer(body) {
        const asked = readRequest(body);
        return asked === null ? null : ((await desk.readChunk(asked.id, asked.at)) ?? NOTHING);
      },
    },
  ];
}

function readRequest(body: Uint8Array): { readonly id: Digest; readonly at: number } | null {
  const request = decoded(kith.ImageRequest, body);
  if (request === null || request.image.length !== ID_BYTES) return null;
  return { id: toBase64url(request.image) as Digest, at: request.at };
}

function facts({ id, sizeBytes, form, names }: ToldImage): kith.ImageFacts {
  return {
    image: digestBytes(id),
    size: sizeBytes,
    form,
    names: [...names.slice(0, TOLD_NAMES_MAX)],
  };
}

/** Names of one image that are told. */
const TOLD_NAMES_MAX = 8;
