// Doors on the loopback, which stands for the mesh: its address is that of a node of the range of
// zeros.

import { type Socket as Datagrams, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, type Server, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type Door, isTaken, openDoor } from '../../src/work/doors.ts';

const MESH = { device: 'lo', network: '::/48', prefix: '::/96' };
const ELSEWHERE = { ...MESH, network: 'fd00:1:2::/48' };
const HOST = '127.0.0.1';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Answers with what it was told, once the caller has said all of it. */
async function echo(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = '';
    socket.on('data', (bytes) => (heard += bytes.toString()));
    socket.on('end', () => socket.end(`heard ${heard}`));
  }).listen(0, HOST);
  return portOf(server);
}

async function portOf(server: Server): Promise<number> {
  ends.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** One that nobody has. */
async function free(): Promise<number> {
  const server = createServer().listen(0, '::1');
  const port = await portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function door(to: number, mesh = MESH, protocol: Door['protocol'] = 'tcp'): Promise<number> {
  const hostPort = await free();
  const opened = await openDoor({ protocol, hostPort, to: { host: HOST, port: to } }, mesh);
  ends.push(opened.close);
  return hostPort;
}

async function said(port: number, words: string): Promise<string> {
  const socket = connect({ host: '::1', port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.end(words);
  return text(socket).catch(() => 'broken');
}

describe('a door', () => {
  test('passes on what a member says, each direction to its own end', async () => {
    const port = await door(await echo());
    expect(await said(port, 'hello')).toBe('heard hello');
    const much = 'x'.repeat(1 << 20);
    expect(await said(port, much)).toBe(`heard ${much}`);
  });

  test('hangs up on whoever comes from anywhere else', async () => {
    const port = await door(await echo(), ELSEWHERE);
    expect(await said(port, 'hello')).not.toContain('heard');
  });

  test('hangs up where the work takes nothing', async () => {
    expect(await said(await door(await free()), 'hello')).not.toContain('heard');
  });

  test('is one of its port, and frees it', async () => {
    const port = await door(await echo());
    expect(await isTaken('tcp', port, MESH)).toBe(true);
    expect(await isTaken('udp', port, MESH)).toBe(false);
    for (const end of ends.splice(0)) end();
    await expect.poll(() => isTaken('tcp', port, MESH)).toBe(false);
  });

  test('ends what goes through it when it is closed', async () => {
    const server = createServer(() => undefined).listen(0, HOST);
    const port = await door(await portOf(server));
    const socket = connect({ host: '::1', port });
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    await expect
      .poll(() => new Promise((on) => void server.getConnections((_, n) => on(n))))
      .toBe(1);
    ends.pop()?.();
    await once(socket, 'close');
  });

  test('of datagrams gives each who asks its own answer', async () => {
    const work = await bound('udp4', HOST);
    work.on('message', (bytes, { port, address }) =>
      work.send(`heard ${bytes.toString()}`, port, address),
    );
    const port = await door(work.address().port, MESH, 'udp');
    const stranger = await door(work.address().port, ELSEWHERE, 'udp');
    const [one, two] = [await bound('udp6', '::1'), await bound('udp6', '::1')];
    const answer = async (from: Datagrams, words: string): Promise<string> => {
      const heard = once(from, 'message') as Promise<[Buffer]>;
      from.send(words, stranger, '::1');
      from.send(words, port, '::1');
      return (await heard)[0].toString();
    };
    expect(await Promise.all([answer(one, '1'), answer(two, '2')])).toEqual(['heard 1', 'heard 2']);
    expect(await answer(one, '3')).toBe('heard 3');
  });
});

async function bound(type: 'udp4' | 'udp6', address: string): Promise<Datagrams> {
  const socket = createSocket(type).bind(0, address);
  ends.push(() => socket.close());
  await once(socket, 'listening');
  return socket;
}
