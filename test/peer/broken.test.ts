import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Ingest } from '../../src/peer/lines.ts';
import { type Child, compileChild, startChild } from '../kit/child.ts';
import { ingestToy, newIdentity, only, serveToy, syncToy, toyChain } from '../kit/peers.ts';
import { type ToyLedger, toyLedger } from '../kit/toy-ledger.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const alice = newIdentity();
const bob = newIdentity();
const LINES = toyChain(6_000);

function holding(lines: readonly string[]): ToyLedger {
  const replica = toyLedger();
  replica.ingest(lines);
  return replica;
}

async function bobServes(replica: ToyLedger, ingest?: Ingest) {
  const peer = await serveToy(bob, replica, only(alice), ingest);
  open.push(peer.server);
  return peer;
}

/** A wire that breaks each connection after so many bytes from the server, `breaks` times. */
async function brittleWire(port: number, bytes: number, breaks: number) {
  let broken = 0;
  const server: Server = createServer((near: Socket) => {
    const far = connect(port, '127.0.0.1');
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    let passed = 0;
    far.on('data', (part: Buffer) => {
      const left = broken < breaks ? bytes - passed : part.length;
      passed += part.length;
      if (left >= part.length) return void near.write(part);
      broken += 1;
      far.pause();
      return void near.write(part.subarray(0, left), end);
    });
    near.pipe(far);
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, broken: () => broken };
}

describe('a transfer that breaks off', () => {
  test('goes on where it was, on a new connection', async () => {
    const { server } = await bobServes(holding(LINES));
    const wire = await brittleWire(server.address.port, 100_000, 6);
    const client = toyLedger();
    const { outcome, moved } = await syncToy(alice, client, wire.url);
    expect(outcome).toEqual({ kind: 'agree' });
    expect(wire.broken()).toBeGreaterThan(3);
    // What had arrived was kept: it is not sent again.
    expect(moved.pulled).toMatchObject({ accepted: LINES.length, duplicates: 0 });
  });

  test('on the way out is sent again, and nothing is stored twice', async () => {
    const replica = holding(LINES.slice(0, 10));
    const { server } = await bobServes(replica);
    const near = createServer((socket) => {
      const far = connect(server.address.port, '127.0.0.1');
      let passed = 0;
      socket.on('data', (part: Buffer) => {
        passed += part.length;
        far.write(part);
        if (passed < 60_000 || breaks === 0) return;
        breaks -= 1;
        socket.destroy();
      });
      far.pipe(socket);
      for (const end of [socket, far]) {
        end.on('error', () => undefined).on('close', () => [socket, far].map((s) => s.destroy()));
      }
    });
    let breaks = 2;
    await new Promise<void>((resolve) => near.listen(0, '127.0.0.1', resolve));
    open.push(near);
    const url = `https://127.0.0.1:${(near.address() as AddressInfo).port}`;
    const { outcome, moved } = await syncToy(alice, holding(LINES), url);
    expect(outcome).toEqual({ kind: 'agree' });
    expect(breaks).toBe(0);
    expect(replica.holdings.count()).toBe(LINES.length);
    expect(moved.pushed.accepted).toBeLessThanOrEqual(LINES.length - 10);
  });

  test('again and again without a record is given up', async () => {
    const { server } = await bobServes(holding(LINES));
    const wire = await brittleWire(server.address.port, 900, 1_000);
    const client = toyLedger();
    const { outcome } = await syncToy(alice, client, wire.url);
    expect(outcome).toMatchObject({ kind: 'broken' });
    expect(wire.broken()).toBeLessThan(20);
  });

  test('at a port where nobody listens is an outcome', async () => {
    const { outcome, peer } = await syncToy(alice, toyLedger(), 'https://127.0.0.1:1');
    expect(outcome).toMatchObject({ kind: 'broken', why: expect.stringContaining('ECONNREFUSED') });
    expect(peer).toBe(null);
  });

  test('because it was told to stop ends at once', async () => {
    const { url } = await bobServes(holding(LINES));
    const stop = new AbortController();
    const client = toyLedger();
    const { outcome } = await syncToy(alice, client, url, {
      signal: stop.signal,
      ingest: async (lines, from) => {
        stop.abort();
        return ingestToy(client)(lines, from);
      },
    });
    expect(outcome).toEqual({ kind: 'broken', why: 'stopped' });
  });

  test('because our own store failed is thrown, not blamed on the peer', async () => {
    const { url } = await bobServes(holding(LINES));
    const failing = syncToy(alice, toyLedger(), url, {
      ingest: () => Promise.reject(new Error('no space left')),
    });
    await expect(failing).rejects.toThrow('no space left');
  });

  test('holds no more lines than a batch while the store is slow', async () => {
    const { url } = await bobServes(holding(LINES));
    const client = toyLedger();
    let most = 0;
    let busy = 0;
    const { outcome } = await syncToy(alice, client, url, {
      ingest: async (lines, from) => {
        busy += 1;
        expect(busy).toBe(1);
        most = Math.max(
          most,
          lines.reduce((sum, line) => sum + line.length, 0),
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
        busy -= 1;
        return ingestToy(client)(lines, from);
      },
    });
    expect(outcome).toEqual({ kind: 'agree' });
    expect(most).toBeLessThan(300 * 1024);
  });
});

describe('a server process', () => {
  let compiled: ReturnType<typeof compileChild>;
  beforeAll(() => {
    compiled = compileChild('test/kit/peer-child.ts');
  });
  afterAll(() => compiled.remove());

  const secret = bob.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url');

  async function start(port: number, records: number, delayMs: number) {
    const args = [port, secret, alice.publicKey, records, delayMs].map(String);
    const child: Child = startChild(compiled.script, args);
    open.push({ close: () => child.process.kill('SIGKILL') });
    const line = await new Promise<string>((resolve) =>
      child.process.stdout?.once('data', resolve),
    );
    return { child, port: Number(line) };
  }

  test('killed in the middle of a page and started again costs a retry', async () => {
    const first = await start(0, 2_000, 1);
    const client = toyLedger();
    let restarted: Promise<unknown> | undefined;
    const parts: number[] = [];
    const { outcome, moved } = await syncToy(alice, client, `https://127.0.0.1:${first.port}`, {
      progress: ({ phase }) => {
        if (phase !== 'pull' || restarted !== undefined) return;
        restarted = new Promise((resolve) => {
          setTimeout(resolve, 1_000);
        }).then(() => {
          first.child.process.kill('SIGKILL');
          return start(first.port, 2_000, 0);
        });
      },
      ingest: async (lines, from) => {
        await restarted;
        parts.push(lines.length);
        return ingestToy(client)(lines, from);
      },
    });
    expect(outcome).toEqual({ kind: 'agree' });
    expect(moved.pulled).toMatchObject({ accepted: 2_001, duplicates: 0 });
    expect(parts.length).toBe(2);
    expect(parts[0]).toBeGreaterThan(100);
  });
});
