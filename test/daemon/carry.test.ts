// Bytes through the daemon: between real sockets in this process with small bounds, and once
// through a real daemon.

import { type Server, type Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CarryBounds, createCarrier } from '../../src/daemon/carry.ts';
import { carryTo } from '../../src/daemon/client.ts';
import { scratch } from '../cli/ledgers.ts';
import { type Up, done, founded, up } from './daemons.ts';

const servers = new Set<Server>();
afterAll(() => {
  for (const server of servers) server.close();
});

/** A place that hands over each connection, both halves of it open. */
async function place(met: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    met(socket);
  });
  servers.add(server);
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Both ends of a new connection. */
async function pair(): Promise<[Socket, Socket]> {
  let meet = (_socket: Socket): void => undefined;
  const met = new Promise<Socket>((resolve) => (meet = resolve));
  const socket = connect({ ...(await place((one) => meet(one))), allowHalfOpen: true });
  socket.on('error', () => undefined);
  return [socket, await met];
}

/** What comes until the other half is closed; ours stays open. */
function readAll(socket: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}

const BOUNDS: CarryBounds = { carriesMax: 2, bytesMax: 1_000, totalMs: 100_000, connectMs: 50_000 };

/** A client, what it is joined with, and why it ended. */
async function carried(bounds: Partial<CarryBounds> = {}): Promise<{
  near: Socket;
  far: Socket;
  why: Promise<string>;
}> {
  const carrier = createCarrier({ ...BOUNDS, ...bounds });
  const [near, inner] = await pair();
  let meet = (_socket: Socket): void => undefined;
  const met = new Promise<Socket>((resolve) => (meet = resolve));
  const address = await place((socket) => meet(socket));
  const why = carrier.join(inner, await carrier.dial(address));
  return { near, far: await met, why };
}

describe('a carried connection', () => {
  test('brings bytes both ways, and each half closes by itself', async () => {
    const { near, far, why } = await carried();
    near.end('code and key');
    expect(await readAll(far)).toBe('code and key');
    // The other half is still open.
    far.end('an answer after it');
    expect(await readAll(near)).toBe('an answer after it');
    expect(await why).toBe('closed');
  });

  test.each([
    ['near', 'far', 'ECONNRESET'],
    ['far', 'near', 'ended'],
  ] as const)('is broken for both when the %s end is gone', async (gone, other, seen) => {
    const { why, ...ends } = await carried();
    const left = readAll(ends[other]).then(
      () => 'ended',
      (error: NodeJS.ErrnoException) => error.code,
    );
    ends[gone].resetAndDestroy();
    expect([await left, await why]).toEqual([seen, 'broken']);
  });

  test('carries so many bytes each way and no more', async () => {
    const { near, far, why } = await carried();
    near.write('x'.repeat(1_000));
    far.write('y'.repeat(1_000));
    let seen = 0;
    far.on('data', (part: Buffer) => (seen += part.length));
    near.resume();
    await expect.poll(() => seen).toBe(1_000);
    near.write('z');
    expect(await why).toBe('too many bytes');
    expect(seen).toBe(1_000);
  });

  test('lasts so long and no longer', async () => {
    const { why } = await carried({ totalMs: 50 });
    expect(await why).toBe('it took too long');
  });

  test('is refused where nobody answers, and where too many are carried', async () => {
    const carrier = createCarrier(BOUNDS);
    await expect(carrier.dial({ host: '127.0.0.1', port: 1 })).rejects.toMatchObject({
      code: 'not-reached',
    });
    const address = await place(() => undefined);
    await carrier.dial(address);
    const last = await carrier.dial(address);
    await expect(carrier.dial(address)).rejects.toMatchObject({ code: 'too-many' });
    last.destroy();
    await new Promise((closed) => last.once('close', closed));
    await carrier.dial(address);
    carrier.close();
  });
});

describe('through a real daemon', () => {
  const folder = scratch('carry');
  const attic = join(folder, 'attic');
  let daemon: Up;
  beforeAll(async () => {
    await founded(attic, 'attic');
    daemon = await up(attic);
  });

  test('a client reaches an address, and what it says is nowhere in the log', async () => {
    const address = await place((socket) => socket.pipe(socket));
    const pipe = await carryTo(attic, `127.0.0.1:${address.port}`);
    const said = 'K7QM2XVDS'.repeat(10_000);
    const heard = readAll(pipe);
    pipe.end(said);
    expect(await heard).toBe(said);
    await daemon.until('carry', ({ ended }) => ended === 'closed');
    expect(JSON.stringify(daemon.events)).not.toContain('K7QM2XVDS');
  });

  test('it is told where nobody answers, and what is no address', async () => {
    await expect(carryTo(attic, '127.0.0.1:1')).rejects.toMatchObject({ code: 'not-reached' });
    for (const wrong of ['', 'lamp', 'lamp:0', '/etc/passwd', 'a:1/x']) {
      await expect(carryTo(attic, wrong)).rejects.toMatchObject({ code: 'bad-request' });
    }
    await expect(carryTo(folder, '127.0.0.1:1')).rejects.toMatchObject({ code: 'no-daemon' });
  });

  test('it is broken when the daemon stops', async () => {
    const address = await place(() => undefined);
    const pipe = await carryTo(attic, `127.0.0.1:${address.port}`);
    const heard = readAll(pipe);
    await done('down', '--dir', attic);
    expect(await heard).toBe('');
    expect((await daemon.ended).code).toBe(0);
  });
});
