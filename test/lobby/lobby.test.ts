// The lobby behind a real door: who may wait, how many, how long, and that it keeps apart from
// members and their HTTP.

import { type TLSSocket, connect } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type Lobby, type Patience, createLobby } from '../../src/lobby/lobby.ts';
import { WAITING_MAX, WAITING_PER_SOURCE_MAX } from '../../src/lobby/limits.ts';
import {
  FULL,
  GO,
  LOBBY_ALPN,
  PIPE_PATH,
  STILL,
  encodeAnnouncement,
  encodeGo,
  takeAnnouncement,
  takeSaid,
} from '../../src/lobby/protocol.ts';
import { encodeWaiting, hasRoom, readWaiting } from '../../src/lobby/waiting.ts';
import type { PeerIdentity } from '../../src/peer/certificate.ts';
import { dialPeer, openChannel } from '../../src/peer/channel.ts';
import type { PeerEvent } from '../../src/peer/served.ts';
import { servePeers } from '../../src/peer/server.ts';
import { clientTls } from '../../src/peer/tls.ts';
import { newIdentity, only } from '../kit/peers.ts';
import { toyLedger } from '../kit/toy-ledger.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** However slow this machine is. */
const soon = (what: () => unknown) => expect.poll(what);

const LONG = 60_000;
const PATIENCE: Patience = {
  ...{ answerMs: LONG, stillMs: LONG, silenceMs: LONG, waitingMs: LONG, idleMs: LONG },
  readyMs: LONG,
};
const [member, host] = [newIdentity(), newIdentity()];

interface House {
  readonly port: number;
  readonly lobby: Lobby;
  readonly events: PeerEvent[];
}

async function doorWith(patience: Partial<Patience> = {}, withLobby = true): Promise<House> {
  const lobby = createLobby({ ...PATIENCE, ...patience });
  const events: PeerEvent[] = [];
  const server = await servePeers({
    identity: host,
    listen: { host: '127.0.0.1', port: 0 },
    door: only(member),
    holdings: toyLedger().holdings,
    ingest: async () => ({ accepted: 0, duplicates: 0, parked: 0, refused: [] }),
    log: (event) => events.push(event),
    ...(withLobby ? { lobby: { lobby, nameOf: () => 'attic', tell: () => undefined } } : {}),
  });
  open.push({ close: () => lobby.close() }, server);
  return { port: server.address.port, lobby, events };
}

interface Guest {
  readonly socket: TLSSocket;
  readonly heard: () => number[];
  readonly closed: Promise<string>;
}

/** Somebody at the door who asks for the lobby, from an address of loopback. */
function guest(port: number, who: PeerIdentity, from = '127.0.0.1', alpn = LOBBY_ALPN): Guest {
  const tls = { ...clientTls(who, []), ALPNProtocols: [alpn], localAddress: from };
  const socket = connect({ ...tls, host: '127.0.0.1', port });
  const bytes: number[] = [];
  let why = '';
  socket.on('data', (part: Buffer) => bytes.push(...part));
  socket.on('error', (error: NodeJS.ErrnoException) => (why = error.code ?? ''));
  open.push({ close: () => socket.destroy() });
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(why)));
  return { socket, heard: () => bytes, closed };
}

function announced(house: House, who = newIdentity(), from = '127.0.0.1'): Guest {
  const one = guest(house.port, who, from);
  one.socket.once('secureConnect', () => {
    one.socket.write(encodeAnnouncement({ name: 'lamp', role: 'peer' }));
  });
  return one;
}

async function ask({ port }: House, who: PeerIdentity): Promise<{ status: number; text: string }> {
  const door = only(host);
  const channel = openChannel({ identity: who, url: `https://127.0.0.1:${port}`, door });
  const type = 'application/x-protobuf';
  const reply = await channel.ask({ path: '/v1/lobby', type, body: new Uint8Array() });
  const parts: Uint8Array[] = [];
  for await (const part of reply.stream) parts.push(part);
  channel.close();
  return { status: reply.status, text: Buffer.concat(parts).toString() };
}

/** The first line that comes back when a member asks for the way to a newcomer. */
async function pipe({ port }: House, to: string): Promise<{ socket: TLSSocket; line: string }> {
  const url = `https://127.0.0.1:${port}`;
  const { socket } = await dialPeer({ identity: member, url, door: only(host) });
  open.push({ close: () => socket.destroy() });
  socket.write(`GET ${PIPE_PATH}?to=${to} HTTP/1.1\r\nhost: kith\r\nconnection: upgrade\r\n`);
  socket.write('upgrade: kith-lobby\r\n\r\n');
  const line = await new Promise<string>((resolve) => {
    socket.once('data', (part: Buffer) => resolve(String(part).split('\r\n')[0] as string));
    socket.once('close', () => resolve(''));
  });
  return { socket, line };
}

describe('a lobby', () => {
  test('lists who waits, by the key that the handshake has shown, for members alone', async () => {
    const here = await doorWith();
    const who = newIdentity();
    const one = announced(here, who);
    await soon(one.heard).toEqual([STILL]);
    const { status, text } = await ask(here, member);
    expect([status, readWaiting(text)]).toMatchObject([
      200,
      [{ key: who.publicKey, name: 'lamp', role: 'peer', source: '127.0.0.1' }],
    ]);
    await expect(ask(here, who)).rejects.toThrow();
  });

  test('is no way to the HTTP of members, nor is that a way in here', async () => {
    const here = await doorWith();
    const request = 'POST /v1/hello HTTP/1.1\r\nhost: kith\r\ncontent-length: 0\r\n\r\n';
    // Not even for a member: who asks for the lobby gets the lobby.
    for (const who of [newIdentity(), member]) {
      const one = guest(here.port, who);
      one.socket.once('secureConnect', () => one.socket.write(request));
      await one.closed;
      expect(one.heard()).toEqual([]);
    }
    const two = guest(here.port, newIdentity(), '127.0.0.1', 'http/1.1');
    two.socket.once('secureConnect', () => {
      two.socket.write(encodeAnnouncement({ name: 'lamp', role: 'peer' }));
    });
    await two.closed;
    expect([two.heard(), here.lobby.waiting()]).toEqual([[], []]);
    expect(here.events).toMatchObject([{ kind: 'turned-away', why: 'stranger' }]);
  });

  test('that is none sends away in the handshake, and has no list', async () => {
    const here = await doorWith({}, false);
    expect(await guest(here.port, newIdentity()).closed).toMatch(/NO_APPLICATION_PROTOCOL/);
    expect(await ask(here, member)).toMatchObject({ status: 404 });
  });

  test('is full at some point, of one source sooner, and keeps the oldest', async () => {
    const here = await doorWith();
    const first = Array.from({ length: WAITING_PER_SOURCE_MAX }, () => announced(here));
    for (const one of first) await soon(one.heard).toEqual([STILL]);
    const late = announced(here);
    await late.closed;
    expect(late.heard()).toEqual([FULL]);
    const rows = Array.from({ length: WAITING_MAX }, (_, i) => ({
      key: newIdentity().publicKey,
      source: `192.0.2.${i >> 2}`,
    }));
    const next = { key: newIdentity().publicKey, source: '198.51.100.1' };
    expect([hasRoom(rows, next), hasRoom(rows.slice(1), next)]).toEqual([false, true]);
    // A machine that comes again takes its own place.
    expect(hasRoom(rows, rows[7] as never)).toBe(true);
    expect(first.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  test('lets the newest connection of a machine count', async () => {
    const here = await doorWith();
    const who = newIdentity();
    const old = announced(here, who);
    await soon(old.heard).toEqual([STILL]);
    const fresh = announced(here, who);
    await old.closed;
    await soon(fresh.heard).toEqual([STILL]);
    expect(here.lobby.waiting()).toHaveLength(1);
  });

  test.each([
    ['a name that is none', Buffer.from('\u0000\u001e{"name":"a b","role":"peer..."}')],
    ['a field too many', Buffer.from('\u0000\u0025{"extra":1,"name":"lamp","role":"peer"}')],
    ['a length beyond all', Buffer.from([0xff, 0xff, 1, 2, 3])],
    ['bytes of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('closes on %s', async (_, bytes) => {
    const here = await doorWith();
    const one = guest(here.port, newIdentity());
    one.socket.once('secureConnect', () => one.socket.write(bytes));
    await one.closed;
    expect([one.heard(), here.lobby.waiting()]).toEqual([[], []]);
  });

  test('closes on who talks while it waits', async () => {
    const here = await doorWith();
    const one = announced(here);
    await soon(one.heard).toEqual([STILL]);
    one.socket.write('let me in');
    await one.closed;
    expect(here.lobby.waiting()).toEqual([]);
  });

  test('waits neither for an announcement nor for a sign of life for ever', async () => {
    const here = await doorWith({ answerMs: 50 });
    await guest(here.port, newIdentity()).closed;
    const silent = await doorWith({ stillMs: 20, silenceMs: 60 });
    const one = announced(silent);
    await one.closed;
    expect(one.heard().every((byte) => byte === STILL)).toBe(true);
    const short = await doorWith({ stillMs: 20, waitingMs: 60 });
    const two = announced(short);
    two.socket.on('data', () => two.socket.write(Uint8Array.of(STILL)));
    await two.closed;
  });
});

describe('the way of a member to a newcomer', () => {
  test('is a pipe both ways once the newcomer is ready', async () => {
    const here = await doorWith();
    const who = newIdentity();
    const one = announced(here, who);
    await soon(one.heard).toEqual([STILL]);
    one.socket.on('data', (part: Buffer) => {
      if (part.includes(GO))
        one.socket.write(Buffer.concat([Buffer.of(STILL, GO), Buffer.from('yes')]));
    });
    const { socket, line } = await pipe(here, who.publicKey);
    expect(line).toBe('HTTP/1.1 101 Switching Protocols');
    expect(one.heard()).toEqual([STILL, ...encodeGo('attic')]);
    const answer = new Promise((resolve) => socket.once('data', (part) => resolve(String(part))));
    expect(await answer).toBe('yes');
    one.socket.removeAllListeners('data');
    const back = new Promise((resolve) => one.socket.once('data', (part) => resolve(String(part))));
    socket.write('code');
    expect(await back).toBe('code');
    socket.destroy();
    await one.closed;
  });

  test('is none to whom nobody knows, to one who is gone, or who never gets ready', async () => {
    const here = await doorWith({ readyMs: 100 });
    const gone = 'HTTP/1.1 404 Refused';
    expect((await pipe(here, newIdentity().publicKey)).line).toBe(gone);
    expect((await pipe(here, 'nobody')).line).toBe('');
    const who = newIdentity();
    const one = announced(here, who);
    await soon(one.heard).toEqual([STILL]);
    expect((await pipe(here, who.publicKey)).line).toBe(gone);
    await one.closed;
  });

  test('is open twice for one member, and ends when nobody says anything', async () => {
    const here = await doorWith({ idleMs: 1_000 });
    const pipes: TLSSocket[] = [];
    const guests = [newIdentity(), newIdentity(), newIdentity()];
    for (const who of guests) {
      const one = announced(here, who);
      await soon(one.heard).toEqual([STILL]);
      one.socket.on('data', (part: Buffer) => {
        if (part.includes(GO)) one.socket.write(Uint8Array.of(GO));
      });
    }
    const lines: string[] = [];
    for (const { publicKey } of guests) {
      const { socket, line } = await pipe(here, publicKey);
      pipes.push(socket);
      lines.push(line);
      if (lines.length < 3) expect(line).toContain('101');
    }
    // The third is told to wait, unless this machine was so slow that the first had ended.
    expect(lines[2]).toMatch(/429|101/);
    await Promise.all(
      pipes.map(
        (socket) =>
          new Promise((end) => {
            if (socket.destroyed) end(null);
            else socket.once('close', end);
          }),
      ),
    );
  });
});

describe('whatever a stranger or a member says', () => {
  test('is read without a throw, and only what is written back the same is taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const said = takeAnnouncement(bytes);
        if (typeof said !== 'string') {
          const size = bytes.length - said.rest.length;
          expect(encodeAnnouncement(said.announcement)).toEqual(bytes.slice(0, size));
        }
        expect(takeSaid(bytes)).toBeTypeOf('object');
      }),
    );
    const row = { key: member.publicKey, name: 'lamp', role: 'peer', source: '::1', waitedMs: 3 };
    expect(readWaiting(encodeWaiting([row, row]))).toEqual([row]);
    for (const wrong of [
      { name: 'a b' },
      { source: 'lamp.local' },
      { key: 'x' },
      { waitedMs: -1 },
    ]) {
      expect(readWaiting(encodeWaiting([{ ...row, ...wrong } as never]))).toEqual([]);
    }
    for (const text of ['', '{}', '[]', '{"waiting":1}', 'null']) {
      expect(readWaiting(text)).toBe(null);
    }
  });
});
