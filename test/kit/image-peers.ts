// Members with images, each a real server over TLS with a store of its own on the disk; what one
// sends can be bent on its way out, and is counted.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Digest, Key } from '../../proto/ids.ts';
import type { PeerIdentity } from '../../src/peer/certificate.ts';
import { openChannel } from '../../src/peer/channel.ts';
import { CHUNK_PATH } from '../../src/peer/image-routes.ts';
import type { PeerRoute } from '../../src/peer/served.ts';
import { type PeerServer, servePeers } from '../../src/peer/server.ts';
import type { ImagePeers } from '../../src/work/images/fetching.ts';
import { type Images, imagesOver } from '../../src/work/images/images.ts';
import { type ImageStore, openImages } from '../../src/work/images/store.ts';
import { newIdentity, only } from './peers.ts';
import { toyLedger } from './toy-ledger.ts';

export const CHUNK: number = 4 * 1024 * 1024;

/** Bytes that are the same for the same seed, and different in every chunk. */
export function content(sizeBytes: number, seed = 'image'): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += CHUNK) {
    const block = createHash('sha512').update(`${seed} ${at}`).digest();
    bytes.fill(block, at, Math.min(sizeBytes, at + CHUNK));
  }
  return bytes;
}

/** By another way than the store: the id of a content. */
export function idOf(bytes: Buffer): Digest {
  const outer = createHash('sha256');
  for (let at = 0; at < bytes.length; at += CHUNK) {
    outer.update(
      createHash('sha256')
        .update(bytes.subarray(at, at + CHUNK))
        .digest(),
    );
  }
  return outer.digest('base64url') as Digest;
}

/** What goes out instead of an answer; null: it breaks the connection. */
export type Bend = (path: string, answer: Uint8Array, nth: number) => Uint8Array | null;

export interface Member {
  readonly identity: PeerIdentity;
  readonly key: Key;
  readonly url: string;
  readonly store: ImageStore;
  readonly images: Images;
  readonly server: PeerServer;
  /** Chunks that it was asked for. */
  chunksSent: number;
  bend: Bend;
}

export async function member(folder: string, everyone: PeerIdentity[]): Promise<Member> {
  const identity = newIdentity();
  everyone.push(identity);
  const store = await openImages(folder, { marginBytes: 0 });
  const images = imagesOver(store, noPeers);
  const own = { chunksSent: 0, bend: ((_path, answer) => answer) as Bend };
  const routes = images.routes.map(
    (route): PeerRoute => ({
      ...route,
      async answer(body, from) {
        const made = await route.answer(body, from);
        if (route.path === CHUNK_PATH) own.chunksSent += 1;
        const bent = made === null ? null : own.bend(route.path, made, own.chunksSent);
        if (bent === null && made !== null) throw new Error('bent');
        return bent;
      },
    }),
  );
  const server = await servePeers({
    identity,
    listen: { host: '127.0.0.1', port: 0 },
    // Looked up at each connection: members are added while it runs.
    door: (caller) => only(...everyone)(caller),
    holdings: toyLedger().holdings,
    ingest: () => Promise.reject(new Error('no lines here')),
    routes,
  });
  const url = `https://127.0.0.1:${server.address.port}`;
  return Object.assign(own, { identity, key: identity.publicKey, url, store, images, server });
}

const noPeers: ImagePeers = {
  members: () => [],
  channel: () => {
    throw new Error('nobody is asked');
  },
};

/** The others, as one sees them. */
export function peersOf(identity: PeerIdentity, members: readonly Member[]): ImagePeers {
  const urls = new Map(members.map(({ key, url }) => [key, url]));
  return {
    members: () => [...urls.keys()],
    channel: (to, signal) =>
      openChannel({
        ...{ identity, url: urls.get(to) as string, signal },
        door: ({ key }) => key === to,
      }),
  };
}

export function fileWith(folder: string, name: string, bytes: Buffer): string {
  const path = join(folder, name);
  fs.writeFileSync(path, bytes);
  return path;
}
