// A process that fetches one image and may be killed: started by test/peer/images.test.ts.

import { createPrivateKey } from 'node:crypto';
import type { Digest, Key } from '../../proto/ids.ts';
import { openChannel } from '../../src/peer/channel.ts';
import { fetchImage } from '../../src/work/images/fetching.ts';
import { openImages } from '../../src/work/images/store.ts';

interface Asked {
  readonly folder: string;
  readonly url: string;
  readonly member: Key;
  readonly id: Digest;
  readonly pem: string;
  readonly key: Key;
}

const asked = JSON.parse(process.env['FETCH'] ?? '') as Asked;
const identity = { publicKey: asked.key, privateKey: createPrivateKey(asked.pem) };
const store = await openImages(asked.folder, { marginBytes: 0 });
const peers = {
  members: () => [asked.member],
  channel: (to: Key, signal: AbortSignal) =>
    openChannel({ identity, url: asked.url, door: ({ key }) => key === to, signal }),
};
await fetchImage(store, peers, asked.id);
