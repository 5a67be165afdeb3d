// The rows of the local API that are about images. Adding and fetching take as long as they take,
// and tell how far they are. Spec: docs/daemon.md, "The local API"; docs/images.md.

import type { Digest, Key } from '../../proto/ids.ts';
import type { ToldImage } from '../peer/image-routes.ts';
import type { Held, Partial, Removed } from '../work/images/store.ts';
import type { Route } from './routes.ts';
import { list, object, open } from './route-words.ts';

export type ImageRouteName = 'images' | 'imageAdd' | 'imageFetch' | 'imageRemove';

const aName = { type: 'string', minLength: 1, maxLength: 255 } as const;

export const IMAGE_ROUTES: Readonly<Record<ImageRouteName, Route>> = {
  images: {
    method: 'GET',
    path: '/v1/images',
    help: 'the images of this machine, and those of every member that answers',
    input: object({}),
    output: object({ held: list(open), partial: list(open), elsewhere: list(open) }),
  },
  imageAdd: {
    method: 'POST',
    path: '/v1/images/add',
    help: 'adds a file as an image; a JSON document a line: how far it is, then the image or a refusal',
    input: object({
      path: { type: 'string', minLength: 1, maxLength: 4096 },
      name: { ...aName, nullable: true },
    }),
    output: null,
  },
  imageFetch: {
    method: 'POST',
    path: '/v1/images/fetch',
    help: 'fetches an image from members that hold it; lines as of the one before',
    input: object({ id: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' } }),
    output: null,
  },
  imageRemove: {
    method: 'POST',
    path: '/v1/images/remove',
    help: 'takes a name of an image away, and with its last one, or by its id, the image',
    input: object({ image: aName, force: { type: 'boolean' } }),
    output: object({
      id: { type: 'string' },
      names: { type: 'array' },
      image: { type: 'boolean' },
    }),
  },
};

export interface ImageRequests {
  readonly images: undefined;
  readonly imageRemove: { readonly image: string; readonly force: boolean };
}

export interface ImageAdding {
  /** Of the machine of the daemon, from its root. */
  readonly path: string;
  readonly name: string | null;
}

export interface ImageList {
  readonly held: readonly Held[];
  readonly partial: readonly Partial[];
  readonly elsewhere: readonly {
    readonly member: Key;
    readonly name: string;
    readonly images: readonly ToldImage[];
  }[];
}

export interface ImageReplies {
  readonly images: ImageList;
  readonly imageRemove: Removed;
}

/** A line of a stream: how many chunks there are, then the end. */
export type ImageStep =
  | { readonly done: number; readonly of: number }
  | { readonly image: Held }
  | { readonly error: { readonly code: string; readonly detail: string } };

export interface ImageWork {
  readonly imageAdd: ImageAdding;
  readonly imageFetch: { readonly id: Digest };
}
