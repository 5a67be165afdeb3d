// Routes that are added to the peer API, and members who are let in no more, over real TLS.

import { afterEach, describe, expect, test } from 'vitest';
import { textOf, utf8 } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { askPeer } from '../../src/peer/ask.ts';
import type { Door } from '../../src/peer/door.ts';
import { type PeerServer, servePeers } from '../../src/peer/server.ts';
import { clientTls } from '../../src/peer/tls.ts';
import { connect } from 'node:tls';
import { ingestToy, newIdentity, only } from '../kit/peers.ts';
import { toyLedger } from '../kit/toy-ledger.ts';

const open: PeerServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const [alice, bob, mallory] = [newIdentity(), newIdentity(), newIdentity()];

async function bobServes(door: Door): Promise<{ server: PeerServer; url: string; asked: Key[] }> {
  const asked: Key[] = [];
  const replica = toyLedger();
  const server = await servePeers({
    ...{ identity: bob, listen: { host: '127.0.0.1', port: 0 }, door },
    ...{ holdings: replica.holdings, ingest: ingestToy(replica) },
    routes: [
      {
        path: '/v1/echo',
        bodyMax: 8,
        answer(body, from) {
          asked.push(from);
          return textOf(body) === 'hello' ? body : null;
        },
      },
    ],
  });
  open.push(server);
  return { server, url: `https://127.0.0.1:${server.address.port}`, asked };
}

describe('a route that was added', () => {
  test('answers a member and knows who asks', async () => {
    const { url, asked } = await bobServes(only(alice));
    const options = { identity: alice, url, door: only(bob) };
    const answer = await askPeer(options, '/v1/echo', utf8('hello'));
    expect([answer.from, textOf(answer.body)]).toEqual([bob.publicKey, 'hello']);
    expect(asked).toEqual([alice.publicKey]);
  });

  test('refuses what it does not know, what is too long, and strangers unheard', async () => {
    const { url, asked } = await bobServes(only(alice));
    const options = { identity: alice, url, door: only(bob) };
    await expect(askPeer(options, '/v1/echo', utf8('?'))).rejects.toThrow(/status 400/);
    await expect(askPeer(options, '/v1/echo', utf8('much too long'))).rejects.toThrow(/status 413/);
    await expect(askPeer(options, '/v1/other', utf8('hello'))).rejects.toThrow(/status 404/);
    const stranger = { ...options, identity: mallory };
    await expect(askPeer(stranger, '/v1/echo', utf8('hello'))).rejects.toThrow(/closed/);
    expect(asked).toEqual([alice.publicKey]);
  });
});

describe('a member that was removed', () => {
  test('loses the connections that it has, and nobody else does', async () => {
    const { server, url } = await bobServes(only(alice, mallory));
    const port = Number(new URL(url).port);
    const [kept, dropped] = [alice, mallory].map((identity) => {
      const socket = connect({ ...clientTls(identity, []), host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      return socket;
    }) as [ReturnType<typeof connect>, ReturnType<typeof connect>];
    const isLetIn = (socket: typeof kept): Promise<void> =>
      new Promise((resolve) => {
        socket.once('data', () => resolve());
        socket.once('secureConnect', () =>
          socket.write('GET /v1/none HTTP/1.1\r\nhost: kith\r\n\r\n'),
        );
      });
    await Promise.all([kept, dropped].map(isLetIn));
    const gone = new Promise((resolve) => void dropped.once('close', resolve));
    server.drop((key) => key === mallory.publicKey);
    await gone;
    const answered = new Promise((resolve) => void kept.once('data', resolve));
    kept.write('GET /v1/none HTTP/1.1\r\nhost: kith\r\n\r\n');
    await answered;
    kept.destroy();
  });
});
