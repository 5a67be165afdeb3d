// Looking into the lobbies of the network: our own, and those of the members whose addresses are
// known, asked side by side and not for long. What a member says is its word: bounded, shown, and
// believed by nobody. Spec: docs/daemon.md, "Lobbies".

import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Key } from '../../proto/ids.ts';
import { textOf } from '../../proto/bytes.ts';
import {
  ASKED_AT_ONCE_MAX,
  ASK_MS_MAX,
  FETCH_MS_MAX,
  LIST_BYTES_MAX,
  SEARCH_MS_MAX,
} from '../lobby/limits.ts';
import type { Lobby } from '../lobby/lobby.ts';
import { LOBBY_PATH, PIPE_PATH, PIPE_UPGRADE } from '../lobby/protocol.ts';
import { type Waiting, readWaiting } from '../lobby/waiting.ts';
import { type ChannelOptions, dialPeer, openChannel } from '../peer/channel.ts';
import { PROTOBUF } from '../peer/media.ts';
import { DaemonFault } from './refusals.ts';
import type { Replies } from './routes.ts';
import type { MemberPlace } from './whereabouts.ts';

export interface Lookout {
  readonly own: Key;
  /** The lobby of this machine, where it has one. */
  readonly lobby: Lobby | null;
  readonly places: readonly MemberPlace[];
  /** What every connection to a member needs. */
  readonly dialling: Pick<ChannelOptions, 'identity' | 'door' | 'brought'>;
}

type Candidates = Replies['candidates'];
type Row = Candidates['candidates'][number];

/** Everybody who waits in a lobby that can be asked. */
export async function whoWaits(lookout: Lookout, signal: AbortSignal): Promise<Candidates> {
  const { own, lobby, places } = lookout;
  const rows: Row[] = (lobby?.waiting() ?? []).map((one) => ({ ...one, lobby: own }));
  const silent: Candidates['silent'][number][] = [];
  const until = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS_MAX)]);
  const queue = [...places];
  let lobbies = lobby === null ? 0 : 1;
  const work = async (): Promise<void> => {
    for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
      const { url, key } = place;
      try {
        const answer = await ask(lookout, url, until);
        if (answer === null) continue;
        lobbies += 1;
        rows.push(...answer.waiting.map((one) => ({ ...one, lobby: answer.from })));
      } catch (error) {
        silent.push({ url, key, why: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE_MAX }, work));
  return { candidates: rows, lobbies, asked: places.length, silent };
}

/** Who waits at one member; null where it has no lobby. */
async function ask(
  { dialling }: Lookout,
  url: string,
  until: AbortSignal,
): Promise<{ readonly waiting: readonly Waiting[]; readonly from: Key } | null> {
  const signal = AbortSignal.any([until, AbortSignal.timeout(ASK_MS_MAX)]);
  if (signal.aborted) throw new Error('no time was left to ask it');
  const channel = openChannel({ ...dialling, url, signal });
  try {
    const reply = await channel.ask({ path: LOBBY_PATH, type: PROTOBUF, body: new Uint8Array() });
    if (reply.status === 404) return null;
    if (reply.status !== 200) throw new Error(`it answers ${reply.status}`);
    const waiting = readWaiting(await shortText(reply.stream));
    if (waiting === null) throw new Error('its answer is no list');
    return { waiting, from: reply.from };
  } finally {
    channel.close();
  }
}

async function shortText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of stream) {
    sizeBytes += part.length;
    if (sizeBytes > LIST_BYTES_MAX) throw new Error('its answer is too long');
    parts.push(part);
  }
  return textOf(Buffer.concat(parts)) ?? '';
}

/** A connection to somebody who waits: the lobby's end of it, or ours through a member's lobby. */
export async function dialWaiting(
  lookout: Lookout,
  newcomer: Key,
  lobby: Key,
  ownName: string,
): Promise<Socket> {
  if (lobby === lookout.own) {
    const socket = (await lookout.lobby?.fetch(newcomer, ownName)) ?? null;
    if (socket === null) throw new DaemonFault('not-waiting');
    return socket;
  }
  const place = lookout.places.find(({ key }) => key === lobby);
  if (place === undefined) throw new DaemonFault('not-reached', `no address of ${lobby} is known`);
  const signal = AbortSignal.timeout(FETCH_MS_MAX);
  try {
    const dialled = await dialPeer({ ...lookout.dialling, url: place.url, signal });
    if (dialled.key === lobby) return await upgraded(dialled.socket, newcomer, signal);
    dialled.socket.destroy();
    throw new DaemonFault('not-reached', `another member answers at ${place.url}`);
  } catch (error) {
    if (error instanceof DaemonFault) throw error;
    throw new DaemonFault('not-reached', `${place.url}: ${(error as Error).message}`);
  }
}

function upgraded(socket: Socket, newcomer: Key, signal: AbortSignal): Promise<Socket> {
  const made = request({
    ...{ method: 'GET', path: `${PIPE_PATH}?to=${newcomer}`, setHost: false },
    headers: { host: 'kith', connection: 'upgrade', upgrade: PIPE_UPGRADE },
    createConnection: () => socket,
  });
  const stop = (): void => void made.destroy(new Error('no answer'));
  signal.addEventListener('abort', stop, { once: true });
  made.once('close', () => signal.removeEventListener('abort', stop));
  made.end();
  return new Promise((resolve, reject) => {
    made.once('upgrade', (_reply, _socket, head: Buffer) => {
      signal.removeEventListener('abort', stop);
      socket.setTimeout(0);
      socket.on('error', () => socket.destroy());
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    made.once('response', ({ statusCode = 0 }) => {
      socket.destroy();
      const code = statusCode === 404 ? 'not-waiting' : 'not-reached';
      reject(new DaemonFault(code, statusCode === 429 ? 'its lobby is busy' : ''));
    });
    made.once('error', reject);
  });
}
