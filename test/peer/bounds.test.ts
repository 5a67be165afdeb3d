import { type TLSSocket, connect } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { encodePull, encodeWalk } from '../../ledger/sync-wire.ts';
import { PAGE_BYTES_MAX, type Patience, RATES } from '../../src/peer/limits.ts';
import { NDJSON, PROTOBUF } from '../../src/peer/media.ts';
import type { ServeOptions } from '../../src/peer/served.ts';
import { servePeers } from '../../src/peer/server.ts';
import { clientTls } from '../../src/peer/tls.ts';
import { ingestToy, newIdentity, only, syncToy, toyChain } from '../kit/peers.ts';
import { toyKey, toyLedger } from '../kit/toy-ledger.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const alice = newIdentity();
const bob = newIdentity();
const HASTY: Patience = {
  handshakeMs: 300,
  headersMs: 300,
  requestMs: 600,
  exchangeMs: 1_500,
  idleMs: 400,
};

/** Longer than any test may take: what is let go sooner, another bound lets go. */
const LONG = 600_000;

async function bobServes(more: Partial<ServeOptions> = {}, records = 3) {
  const replica = toyLedger();
  replica.ingest(toyChain(records));
  const events: unknown[] = [];
  const server = await servePeers({
    identity: bob,
    listen: { host: '127.0.0.1', port: 0 },
    door: only(alice),
    holdings: replica.holdings,
    ingest: ingestToy(replica),
    log: (event) => events.push(event),
    ...more,
  });
  open.push(server);
  return { port: server.address.port, replica, events };
}

function dial(port: number): Promise<TLSSocket> {
  const socket = connect({ ...clientTls(alice, []), host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('secureConnect', () => resolve(socket)));
}

function head(path: string, type: string, length: number): string {
  return (
    `POST ${path} HTTP/1.1\r\nhost: kith\r\ncontent-type: ${type}\r\n` +
    `content-length: ${length}\r\nconnection: close\r\n\r\n`
  );
}

/** Everything until the connection closes. */
function rest(socket: TLSSocket): Promise<{ text: string }> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve) => {
    socket.once('close', () => {
      const text = Buffer.concat(parts).toString('latin1');
      resolve({ text });
    });
  });
}

async function post(port: number, path: string, type: string, body: Uint8Array): Promise<string> {
  const socket = await dial(port);
  socket.write(head(path, type, body.length));
  socket.write(body);
  return (await rest(socket)).text;
}

describe('a request', () => {
  test('that is none of the messages is refused', async () => {
    const { port } = await bobServes();
    for (const path of ['/v1/hello', '/v1/walk', '/v1/pull']) {
      expect(await post(port, path, PROTOBUF, Buffer.from('nonsense'))).toMatch(/ 400 /);
      expect(await post(port, path, PROTOBUF, Buffer.alloc(0))).toMatch(/ 400 /);
      expect(await post(port, path, 'text/plain', Buffer.from('x'))).toMatch(/ 415 /);
      expect(await post(port, path, NDJSON, Buffer.from('{}\n'))).toMatch(/ 400 /);
    }
  });

  test('longer than its route takes is refused before it is read', async () => {
    const { port } = await bobServes();
    const routes = [
      ['/v1/hello', PROTOBUF, 2_000],
      ['/v1/walk', PROTOBUF, 40_000],
      ['/v1/pull', PROTOBUF, 400_000],
      ['/v1/push', NDJSON, 4_000_000],
    ] as const;
    for (const [path, type, length] of routes) {
      const socket = await dial(port);
      socket.write(head(path, type, length));
      const { text } = await rest(socket);
      expect(`${path} ${text.slice(0, 12)}`).toBe(`${path} HTTP/1.1 413`);
    }
  });

  test('without a length is cut off where a page must have ended, and costs no memory', async () => {
    const { port, events } = await bobServes();
    const socket = await dial(port);
    const ended = rest(socket);
    socket.write(
      'POST /v1/push HTTP/1.1\r\nhost: kith\r\ntransfer-encoding: chunked\r\n' +
        `content-type: ${NDJSON}\r\n\r\n`,
    );
    const before = process.memoryUsage().rss;
    const part = Buffer.alloc(1 << 16, 'a\n');
    let sent = 0;
    while (!socket.destroyed && sent < 64 * PAGE_BYTES_MAX) {
      socket.write(`${part.length.toString(16)}\r\n`);
      socket.write(part);
      sent += part.length;
      if (!socket.write('\r\n')) await drained(socket);
    }
    expect((await ended).text).toBe('');
    expect(sent).toBeLessThan(8 * PAGE_BYTES_MAX);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    expect(events).toMatchObject([{ kind: 'faulty-peer', key: alice.publicKey }]);
  });

  test('with headers beyond all use closes the connection', async () => {
    const { port } = await bobServes();
    const socket = await dial(port);
    socket.write(`POST /v1/hello HTTP/1.1\r\nhost: ${'a'.repeat(10_000)}\r\n\r\n`);
    expect((await rest(socket)).text).toBe('');
  });
});

describe('a slow peer', () => {
  test('that never finishes its headers is let go', async () => {
    const { port } = await bobServes({ patience: { ...HASTY, idleMs: LONG } });
    const socket = await dial(port);
    const drip = setInterval(() => socket.write('x'), 50);
    socket.write('POST /v1/hello HTTP/1.1\r\nhost: ');
    await rest(socket);
    clearInterval(drip);
  });

  test('that never finishes its body is let go', async () => {
    const { port } = await bobServes({ patience: { ...HASTY, idleMs: LONG } });
    const socket = await dial(port);
    socket.write(head('/v1/push', NDJSON, 100_000));
    const drip = setInterval(() => socket.write('x'), 50);
    await rest(socket);
    clearInterval(drip);
  });

  test('that says nothing, before or after the handshake, is let go', async () => {
    const { port } = await bobServes({ patience: HASTY });
    const socket = await dial(port);
    expect((await rest(socket)).text).toBe('');
  });

  test('that does not read its replies holds back the reading, and is let go', async () => {
    const asked = 60;
    const { replica } = await bobServes({}, 1_500);
    let read = 0;
    const long = {
      ...replica.holdings,
      *lines(...args: Parameters<typeof replica.holdings.lines>) {
        for (const sendable of replica.holdings.lines(...args)) {
          read += 1;
          yield { ...sendable, line: sendable.line.padEnd(8_000) };
        }
      },
    };
    const { port } = await bobServes({ holdings: long, patience: { ...HASTY, idleMs: 1_000 } });
    const wants = encodePull([{ author: toyKey(1), have: [], from: 0 }]);
    const socket = await dial(port);
    socket.pause();
    const keep = head('/v1/pull', PROTOBUF, wants.length).replace('close', 'keep-alive');
    for (let n = 0; n < asked; n++) socket.write(Buffer.concat([Buffer.from(keep), wants]));
    // Until it reads no more, for longer than it may be idle.
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = read > 100 && read === before;
        before = read;
        expect(isStill).toBe(true);
      },
      { timeout: 100_000, interval: 2_500 },
    );
    // 132 lines fill a page: with all pages read it would be 60 times as many.
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan((asked * 132) / 2);
    const readBefore = read;
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await ended;
    expect(read).toBe(readBefore);
  });
});

describe('a greedy peer', () => {
  test('is told to wait, and a sync that waits still ends well', async () => {
    const rates = { ...RATES, bytes: { perSecond: 400_000, burst: 1_000 } };
    const { port } = await bobServes({ rates }, 4_000);
    const client = toyLedger();
    const url = `https://127.0.0.1:${port}`;
    const { outcome, moved } = await syncToy(alice, client, url);
    expect(outcome).toEqual({ kind: 'agree' });
    expect(moved.pulled.accepted).toBe(4_001);
    const slow = await bobServes({ rates: { ...RATES, bytes: { perSecond: 1, burst: 9 } } });
    const walk = encodeWalk([{ path: '', flat: 0 }]);
    expect(await post(slow.port, '/v1/walk', PROTOBUF, walk)).toMatch(/ 200 /);
    const busy = await post(slow.port, '/v1/walk', PROTOBUF, walk);
    expect(busy).toMatch(/ 429 /);
    expect(busy).toMatch(/retry-after: [1-9]/);
  });

  test('that pushes a bad signature is dropped, and not spoken to for a while', async () => {
    const { port, events } = await bobServes({
      ingest: async () => ({
        accepted: 0,
        duplicates: 0,
        parked: 0,
        refused: [{ code: 'bad-signature' }],
      }),
    });
    const url = `https://127.0.0.1:${port}`;
    const client = toyLedger();
    client.ingest(toyChain(9));
    const { outcome } = await syncToy(alice, client, url);
    expect(outcome).toMatchObject({ kind: 'broken' });
    expect(events[0]).toEqual({ kind: 'faulty-peer', key: alice.publicKey });
    expect(events[1]).toMatchObject({ kind: 'turned-away', why: 'faulty-before' });
  });

  test('whose records cannot be stored is told that it is not its fault', async () => {
    const { port, events } = await bobServes({
      ingest: () => Promise.reject(new Error('disk full')),
    });
    const line = `${toyChain(1)[0]}\n`;
    const reply = await post(port, '/v1/push', NDJSON, Buffer.from(line));
    expect(reply).toMatch(/ 503 /);
    expect(reply).not.toContain('disk');
    expect(events).toMatchObject([{ kind: 'failed', route: '/v1/push' }]);
  });
});

function drained(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}
