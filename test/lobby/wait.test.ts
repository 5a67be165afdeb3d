// A newcomer that waits in a lobby which means it no good.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { FULL, LOBBY_ALPN, STILL } from '../../src/lobby/protocol.ts';
import { type LobbyNews, waitIn } from '../../src/lobby/wait.ts';
import { serverTls } from '../../src/peer/tls.ts';
import { newIdentity } from '../kit/peers.ts';

const open: (() => unknown)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

test('is not made to answer each word of a lobby that never stops', async () => {
  const words = 1_000_000;
  let heard = 0;
  let gone = (): void => undefined;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const tls = serverTls(newIdentity(), [], 60_000, [LOBBY_ALPN]);
  const server = createServer(tls, (socket) => {
    socket.on('error', () => undefined).once('close', gone);
    socket.once('data', () => {
      socket.on('data', (part: Buffer) => (heard += part.length));
      socket.write(Buffer.alloc(words, STILL));
      socket.write(Uint8Array.of(FULL));
    });
  });
  open.push(() => server.close());
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const told: LobbyNews[] = [];
  const full = new Promise<void>((resolve) => {
    const stop = waitIn({
      ...{ identity: newIdentity(), place: { host: '127.0.0.1', port } },
      announcement: { name: 'lamp', role: 'peer' },
      take: () => undefined,
      tell(news) {
        told.push(news);
        if (news.at === 'away') resolve();
      },
    });
    open.push(stop);
  });
  await full;
  open.splice(0).forEach((close) => close());
  await closed;
  expect(told).toMatchObject([{ at: 'waiting' }, { at: 'away', why: 'lobby-full' }]);
  expect(heard).toBeLessThan(words / 20);
});
