// One channel that many ask over at the same moment: one connection, whether it can be made or not,
// and what nobody waits for any more is not sent.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Channel, openChannel } from '../../src/peer/channel.ts';
import type { PeerEvent, PeerRoute } from '../../src/peer/served.ts';
import { PROTOBUF } from '../../src/peer/media.ts';
import { type PeerServer, servePeers } from '../../src/peer/server.ts';
import { newIdentity, only } from '../kit/peers.ts';
import { toyLedger } from '../kit/toy-ledger.ts';

const [self, other] = [newIdentity(), newIdentity()];
let server: PeerServer;
let channel: Channel;
let asked: string[];
let events: PeerEvent[];
let hang: Promise<unknown> | null;

beforeEach(async () => {
  [asked, events, hang] = [[], [], null];
  const echo: PeerRoute = {
    ...{ path: '/v1/echo', bodyMax: 100 },
    async answer(body) {
      const text = Buffer.from(body).toString();
      asked.push(text);
      if (text === 'hang') await hang;
      return body;
    },
  };
  server = await servePeers({
    ...{ identity: other, listen: { host: '127.0.0.1', port: 0 }, door: only(self) },
    ...{ holdings: toyLedger().holdings, ingest: () => Promise.reject(new Error('no lines')) },
    ...{ routes: [echo], log: (event: PeerEvent) => void events.push(event) },
  });
  channel = over(server.address.port);
});
afterEach(async () => {
  channel.close();
  await server.close();
});

function over(port: number): Channel {
  const url = `https://127.0.0.1:${port}`;
  return openChannel({ identity: self, url, door: ({ key }) => key === other.publicKey });
}

async function ask(text: string, signal?: AbortSignal): Promise<string> {
  const message = { path: '/v1/echo', type: PROTOBUF, body: Buffer.from(text) };
  const reply = await channel.ask(signal === undefined ? message : { ...message, signal });
  const parts: Uint8Array[] = [];
  for await (const part of reply.stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('more than a peer may have connections are asked over one, each answered', async () => {
  const words = Array.from({ length: 60 }, (_, at) => `word ${at}`);
  expect(await Promise.all(words.map((word) => ask(word)))).toEqual(words);
  // Nobody was turned away for having too many.
  expect([asked.length, events]).toEqual([60, []]);
});

test('where none can be made all of them hear why, at once', async () => {
  let dialled = 0;
  const deaf = createServer((socket) => {
    dialled += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  channel = over((deaf.address() as { port: number }).port);
  const ends = await Promise.allSettled(['a', 'b', 'c', 'd'].map((word) => ask(word)));
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'rejected'));
  expect(dialled).toBe(1);
  deaf.close();
});

test('what is not waited for any more is not sent, and what was sent stays', async () => {
  let go = (): void => undefined;
  hang = new Promise<void>((resolve) => (go = resolve));
  const stop = new AbortController();
  const sent = ask('hang', stop.signal);
  await expect.poll(() => asked).toEqual(['hang']);
  const [late, behind] = [ask('late', stop.signal), ask('behind')];
  stop.abort();
  await expect(late).rejects.toThrow(/stopped/);
  await expect(ask('never', stop.signal)).rejects.toThrow(/stopped/);
  go();
  expect(await Promise.all([sent, behind])).toEqual(['hang', 'behind']);
  expect(asked).toEqual(['hang', 'behind']);
});
