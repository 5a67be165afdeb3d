import { X509Certificate, constants } from 'node:crypto';
import { request } from 'node:https';
import { type Socket, connect as connectTcp } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect, createServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { helloOf } from '../../ledger/sync-answer.ts';
import { encodeHello } from '../../ledger/sync-wire.ts';
import { type Caller, certificateOf } from '../../src/peer/certificate.ts';
import type { Door } from '../../src/peer/door.ts';
import { CONNECTIONS_PER_PEER_MAX, UNPROVEN_PER_ADDRESS_MAX } from '../../src/peer/limits.ts';
import { clientTls, serverTls } from '../../src/peer/tls.ts';
import { newIdentity, only, serveToy, syncToy, toyChain } from '../kit/peers.ts';
import { talkTls13 } from '../kit/tls13.ts';
import { toyLedger } from '../kit/toy-ledger.ts';
import { foreignCertificate } from '../kit/foreign.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const alice = newIdentity();
const bob = newIdentity();
const mallory = newIdentity();

async function bobServes(door: Door = only(alice)) {
  const replica = toyLedger();
  replica.ingest(toyChain(3));
  let ingested = 0;
  const peer = await serveToy(bob, replica, door, async (lines) => {
    ingested += lines.length;
    return { accepted: 0, duplicates: 0, parked: 0, refused: [] };
  });
  open.push(peer.server);
  return { ...peer, port: peer.server.address.port, replica, ingested: () => ingested };
}

const HELLO = (() => {
  const body = encodeHello(helloOf(toyLedger().holdings));
  const head =
    'POST /v1/hello HTTP/1.1\r\nhost: kith\r\nconnection: close\r\n' +
    `content-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
})();

/** Sends bytes as soon as it can and gives all that comes back until the end. */
function exchange(socket: Socket, ready: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    socket.once(ready, () => socket.write(bytes));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
}

function viaTls(port: number, tls: ConnectionOptions, bytes: Uint8Array = HELLO): Promise<string> {
  return exchange(connect({ ...tls, host: '127.0.0.1', port }), 'secureConnect', bytes);
}

describe('the door', () => {
  test('lets a member in', async () => {
    const { port, events } = await bobServes();
    expect(await viaTls(port, clientTls(alice, []))).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(events).toEqual([]);
  });

  test('closes the connection of a stranger without a byte of HTTP', async () => {
    const { port, events } = await bobServes();
    expect(await viaTls(port, clientTls(mallory, []))).toBe('');
    expect(events).toMatchObject([{ kind: 'turned-away', why: 'stranger' }]);
  });

  test('closes the connection of a caller without a certificate', async () => {
    const { port, events } = await bobServes(() => true);
    const tls = { rejectUnauthorized: false, minVersion: 'TLSv1.3' } as const;
    expect(await viaTls(port, tls)).toBe('');
    expect(events).toMatchObject([{ why: 'no-certificate' }]);
  });

  test('closes the connection of a certificate over another kind of key', async () => {
    const { port } = await bobServes(() => true);
    const { cert, key } = foreignCertificate();
    expect(await viaTls(port, { cert, key, rejectUnauthorized: false })).toBe('');
  });

  test('does not believe a certificate without its key', async () => {
    const { port, events, replica } = await bobServes();
    const certificate = new X509Certificate(certificateOf(alice)).raw;
    const text = HELLO.toString('latin1');
    const honest = await talkTls13(port, { certificate, signer: alice.privateKey }, text);
    expect(honest.received).toMatch(/^HTTP\/1\.1 200 OK/);
    const stolen = await talkTls13(port, { certificate, signer: mallory.privateKey }, text);
    expect(stolen.received).toBe('');
    expect(events.length).toBe(0);
    expect(replica.holdings.count()).toBe(4);
  });

  test('speaks nothing below TLS 1.3, nothing without TLS, and survives garbage', async () => {
    const { port } = await bobServes();
    const old = { ...clientTls(alice, []), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    expect(await viaTls(port, { ...old, sigalgs: undefined })).toBe('');
    const plain = await exchange(connectTcp(port, '127.0.0.1'), 'connect', HELLO);
    expect(plain).not.toContain('HTTP');
    const garbage = Buffer.alloc(100_000, 'kith');
    const answer = await exchange(connectTcp(port, '127.0.0.1'), 'connect', garbage);
    expect(answer).not.toContain('HTTP');
    expect(await viaTls(port, clientTls(alice, []))).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('resumes no session, so a certificate is shown each time', async () => {
    const { port } = await bobServes();
    const sessions: Buffer[] = [];
    const resumed: boolean[] = [];
    const first = connect({ ...clientTls(alice, []), host: '127.0.0.1', port });
    first.on('session', (session: Buffer) => sessions.push(session));
    await exchange(first, 'secureConnect', HELLO);
    // A client may ask for tickets all it likes: with them it would still have to show who it is.
    const again: ConnectionOptions = {
      ...clientTls(alice, []),
      secureOptions: constants.SSL_OP_NO_SSLv3,
    };
    const second = connect({ ...again, host: '127.0.0.1', port });
    second.on('session', (session: Buffer) => sessions.push(session));
    await exchange(second, 'secureConnect', HELLO);
    for (const session of sessions) {
      const { cert: _cert, key: _key, ...without } = again;
      const third = connect({ ...without, session, host: '127.0.0.1', port });
      third.once('secureConnect', () => resumed.push(third.isSessionReused()));
      expect(await exchange(third, 'secureConnect', HELLO)).toBe('');
    }
    expect(resumed).toEqual(sessions.map(() => false));
  });

  test('keeps the bytes of a caller that does not wait until it has decided', async () => {
    let asked = 0;
    const { port } = await bobServes(async ({ key }) => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, asked === 1 ? 150 : 0));
      return key === alice.publicKey;
    });
    expect(await viaTls(port, clientTls(alice, []))).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('stays closed where it cannot decide', async () => {
    const { port, events } = await bobServes(() => {
      throw new Error('no ledger');
    });
    expect(await viaTls(port, clientTls(alice, []))).toBe('');
    expect(events).toMatchObject([{ why: 'door-failed' }]);
  });

  test('closes at the next request of a member that was removed meanwhile', async () => {
    const members = new Set([alice.publicKey]);
    const { port, events } = await bobServes(({ key }) => members.has(key));
    const socket = connect({ ...clientTls(alice, []), host: '127.0.0.1', port });
    const keeping = Buffer.from(HELLO.toString('latin1').replace('close', 'keep-alive'), 'latin1');
    let received = '';
    socket.on('data', (part) => (received += part.toString('latin1')));
    socket.on('error', () => undefined);
    await until(() => received === '' && socket.readyState === 'open');
    socket.write(keeping);
    await until(() => received.includes('200 OK'));
    members.clear();
    received = '';
    socket.write(keeping);
    await until(() => socket.destroyed);
    expect(received).toBe('');
    expect(events).toMatchObject([{ why: 'stranger' }]);
  });

  test('sees the lines that a newcomer brings', async () => {
    const lines = toyChain(40);
    const callers: Caller[] = [];
    const { port } = await bobServes((caller) => {
      callers.push(caller);
      return caller.brought.length > 0;
    });
    expect(await viaTls(port, clientTls(mallory, lines))).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(callers[0]).toEqual({ key: mallory.publicKey, brought: lines });
    expect(await viaTls(port, clientTls(mallory, []))).toBe('');
  });

  test('bounds the connections of one address that do not say who they are', async () => {
    const { port } = await bobServes();
    const silent = Array.from({ length: UNPROVEN_PER_ADDRESS_MAX + 8 }, () =>
      connectTcp(port, '127.0.0.1').on('error', () => undefined),
    );
    await until(() => silent.filter((socket) => socket.destroyed || socket.closed).length >= 8);
    expect(silent.filter((socket) => !socket.destroyed).length).toBe(UNPROVEN_PER_ADDRESS_MAX);
    for (const socket of silent) socket.destroy();
    let answer = '';
    while (answer === '') answer = await viaTls(port, clientTls(alice, []));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('gives a member so many connections at once, and no more', async () => {
    const { port, events } = await bobServes();
    const sockets: TLSSocket[] = [];
    for (let n = 0; n < CONNECTIONS_PER_PEER_MAX + 2; n++) {
      const socket = connect({ ...clientTls(alice, []), host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      socket.resume();
      sockets.push(socket);
      await new Promise((resolve) => socket.once('secureConnect', resolve));
    }
    await until(() => sockets.filter((socket) => socket.destroyed).length === 2);
    expect(events).toMatchObject([{ why: 'too-many' }, { why: 'too-many' }]);
    for (const socket of sockets) socket.destroy();
  });
});

describe('the asking side', () => {
  test('sends nothing to a server that is no member', async () => {
    const bytes: Buffer[] = [];
    const server = createServer(serverTls(mallory, [], 5_000), (socket) => {
      socket.on('data', (part: Buffer) => bytes.push(part));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    const { port } = server.address() as { port: number };
    const url = `https://127.0.0.1:${port}`;
    const { outcome } = await syncToy(alice, toyLedger(), url, { door: only(bob) });
    expect(outcome).toMatchObject({ kind: 'broken' });
    expect(outcome).toMatchObject({ why: expect.stringContaining(mallory.publicKey) });
    expect(bytes).toEqual([]);
  });

  test('hears of a closed door as of a broken connection', async () => {
    const { url } = await bobServes();
    const { outcome } = await syncToy(mallory, toyLedger(), url);
    expect(outcome).toMatchObject({
      kind: 'broken',
      why: expect.stringContaining('may not know this node as a member'),
    });
  });

  test('is no browser: nothing but the four routes answers', async () => {
    const { port } = await bobServes();
    const status = await new Promise((resolve, reject) => {
      const tls = { ...clientTls(alice, []), rejectUnauthorized: false };
      request({ ...tls, host: '127.0.0.1', port, path: '/' }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 5_000) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
