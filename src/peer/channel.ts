// One connection to one peer, kept open between requests and opened anew where it broke. Nothing is
// sent before the peer's certificate has passed the door. Spec: docs/sync.md, "The asking side".

import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type TLSSocket, connect } from 'node:tls';
import type { Key } from '../../proto/ids.ts';
import { type Address, hostAndPort } from './address.ts';
import type { PeerIdentity } from './certificate.ts';
import { type Door, callerAt } from './door.ts';
import { CONNECT_MS_MAX, PATIENCE } from './limits.ts';
import { keptClientTls } from './tls.ts';

export interface ChannelOptions {
  readonly identity: PeerIdentity;
  readonly url: string;
  readonly door: Door;
  readonly brought?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly retryAfterMs: number;
  readonly from: Key;
  readonly stream: AsyncIterable<Uint8Array>;
  /** Leaves the body unread. */
  drop(): void;
}

export interface Message {
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array;
  /**
   * Nobody waits for its answer any more: it is not sent, unless it was. One that is on its way
   * stays there, since the others would lose the connection with it.
   */
  readonly signal?: AbortSignal;
}

export interface Channel {
  ask(message: Message): Promise<Reply>;
  /** Whom the last connection was with. */
  peer(): Key | null;
  close(): void;
}

/** The peer could not be reached or broke off; `final` where trying again cannot help. */
export class ChannelFault extends Error {
  readonly final: boolean;
  constructor(why: string, final: boolean) {
    super(why);
    this.name = 'ChannelFault';
    this.final = final;
  }
}

export function openChannel(options: ChannelOptions): Channel {
  const { signal } = options;
  const place = placeOf(options.url);
  const tls = keptClientTls(options.identity, options.brought ?? []);
  // One connection, kept by the agent; ours to open, so that the door comes before the request.
  const agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  let peer: Key | null = null;
  // The agent does not count a connection that is still being made, and would make one for each of
  // those who ask meanwhile: they wait for it, and fail with it.
  let making: Promise<unknown> | null = null;
  agent.createConnection = (_wanted, opened) => {
    const made = shake(place, tls, options.door, signal);
    making = made;
    made.then(
      ({ socket, key }) => {
        [peer, making] = [key, null];
        opened?.(null, socket);
      },
      (error: Error) => {
        making = null;
        opened?.(error, undefined as never);
      },
    );
    return undefined;
  };

  return {
    async ask({ path, type, body, signal: own }) {
      if (making !== null) await making;
      const headers = { 'content-type': type, 'content-length': body.length };
      const made = request({ agent, ...place, path, method: 'POST', headers, setHost: false });
      made.setHeader('host', 'kith');
      const message = await replyTo(made, body, signal, own);
      const seconds = Number(message.headers['retry-after'] ?? '1');
      return {
        status: message.statusCode ?? 0,
        retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 1000,
        from: peer as Key,
        stream: message,
        drop: () => message.destroy(),
      };
    },
    peer: () => peer,
    close: () => agent.destroy(),
  };
}

function placeOf(url: string): Address {
  // Not by URL, which knows no addresses with a link (`[fe80::1%eth0]`).
  const place = hostAndPort(url.replace(/^https:\/\//, ''));
  if (place === null) throw new TypeError(`${url} is not https://HOST:PORT`);
  return place;
}

/** One connection of its own, for what is no request and reply. */
export function dialPeer(options: ChannelOptions): Promise<{ socket: TLSSocket; key: Key }> {
  const { identity, brought = [], url, door, signal } = options;
  return shake(placeOf(url), keptClientTls(identity, brought), door, signal);
}

/** A finished handshake with somebody whom the door lets in. */
async function shake(
  place: Address,
  tls: ReturnType<typeof keptClientTls>,
  door: Door,
  signal: AbortSignal | undefined,
): Promise<{ socket: TLSSocket; key: Key }> {
  const socket = connect({ ...tls, ...place, timeout: CONNECT_MS_MAX });
  const stop = (): void => void socket.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('timeout', () => socket.destroy(new Error('no answer')));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed in the handshake')));
    });
  } catch (error) {
    throw new ChannelFault(sentence(error), false);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  socket.setTimeout(PATIENCE.idleMs);
  const caller = callerAt(socket);
  if (typeof caller !== 'string' && (await door(caller))) return { socket, key: caller.key };
  socket.destroy();
  const who = typeof caller === 'string' ? caller : caller.key;
  throw new ChannelFault(`the node that answers there is no member (${who})`, true);
}

function replyTo(
  made: ClientRequest,
  body: Uint8Array,
  signal: AbortSignal | undefined,
  own: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void made.destroy(new Error('stopped'));
    // Node tells nobody of it before its turn has come.
    const drop = (): void => {
      if (made.socket !== null) return;
      stop();
      reject(new ChannelFault('stopped', false));
    };
    signal?.addEventListener('abort', stop, { once: true });
    own?.addEventListener('abort', drop, { once: true });
    made.once('close', () => {
      signal?.removeEventListener('abort', stop);
      own?.removeEventListener('abort', drop);
    });
    if (own?.aborted === true) drop();
    made.once('response', resolve);
    made.setTimeout(PATIENCE.idleMs, () => made.destroy(new Error('no answer')));
    made.once('error', (error) =>
      reject(error instanceof ChannelFault ? error : new ChannelFault(sentence(error), false)),
    );
    made.end(body);
  });
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET') {
    return 'the peer closed the connection (it may not know this node as a member)';
  }
  return error.message;
}
