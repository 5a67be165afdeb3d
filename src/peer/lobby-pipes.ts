// The way of a member to a newcomer that waits in the lobby here: an upgrade of its connection to
// a pipe. Fastify has no part in an upgrade, so who asks is looked at here as at every request.
// Spec: docs/pairing.md, "The lobby".

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Key, isKey } from '../../proto/ids.ts';
import { type CarryBounds, createCarrier } from '../daemon/carry.ts';
import {
  CONNECT_MS_MAX,
  PIPES_MAX,
  PIPES_PER_MEMBER_MAX,
  PIPE_BYTES_MAX,
  PIPE_MS_MAX,
} from '../lobby/limits.ts';
import type { Lobby } from '../lobby/lobby.ts';
import { PIPE_PATH, PIPE_UPGRADE } from '../lobby/protocol.ts';
import type { Door } from './door.ts';
import type { Gate } from './gate.ts';
import type { Meter } from './meter.ts';

export interface ServedLobby {
  readonly lobby: Lobby;
  /** What a newcomer is told of the member that comes for it. */
  readonly nameOf: (member: Key) => string;
  /** For the log: whom a member is carried to, and why that ended. */
  readonly tell: (member: Key, newcomer: Key, ended: string | null) => void;
}

interface Parts {
  readonly gate: Gate;
  readonly door: Door;
  readonly meter: Meter;
}

const BOUNDS: CarryBounds = {
  carriesMax: PIPES_MAX,
  bytesMax: PIPE_BYTES_MAX,
  totalMs: PIPE_MS_MAX,
  connectMs: CONNECT_MS_MAX,
};

const STATUS = { 'no-such-candidate': 404, busy: 429 } as const;
const OPEN =
  'HTTP/1.1 101 Switching Protocols\r\n' +
  `connection: upgrade\r\nupgrade: ${PIPE_UPGRADE}\r\n\r\n`;

/** Answers how to break all pipes. */
export function addPipes(server: Server, parts: Parts, served: ServedLobby): () => void {
  const carrier = createCarrier(BOUNDS);
  const pipes = new Map<Key, number>();
  server.on('upgrade', (request: IncomingMessage, near: Socket, head: Buffer) => {
    near.on('error', () => near.destroy());
    void pipe(request, near, head).catch(() => near.destroy());
  });

  async function pipe(request: IncomingMessage, near: Socket, head: Buffer): Promise<void> {
    const caller = parts.gate.callerOf(near);
    const isMember = caller !== undefined && (await parts.door(caller));
    const wanted = wantedIn(request);
    const isHeard = isMember && wanted !== null && !parts.meter.isBarred(caller.key);
    if (!isHeard || near.destroyed) return void near.destroy();
    const { key } = caller;
    const open = pipes.get(key) ?? 0;
    if (open >= PIPES_PER_MEMBER_MAX) return refuse(near, 'busy');
    pipes.set(key, open + 1);
    near.once('close', () => pipes.set(key, (pipes.get(key) ?? 1) - 1));
    // What the HTTP server wanted of an idle connection is over.
    near.setTimeout(0);
    const far = await carrier.hold(() => fetched(wanted, key)).catch((error: Error) => error);
    if (far instanceof Error) {
      return refuse(near, far.message === 'too-many' ? 'busy' : 'no-such-candidate');
    }
    near.write(OPEN);
    if (head.length > 0) near.unshift(head);
    served.tell(key, wanted, null);
    served.tell(key, wanted, await carrier.join(near, far));
  }

  async function fetched(newcomer: Key, member: Key): Promise<Socket> {
    const far = await served.lobby.fetch(newcomer, served.nameOf(member));
    if (far === null) throw new Error('not here');
    return far;
  }

  return () => carrier.close();
}

function wantedIn({ url = '', headers }: IncomingMessage): Key | null {
  const [path, key = ''] = url.split('?to=');
  if (path !== PIPE_PATH || headers.upgrade !== PIPE_UPGRADE) return null;
  return isKey(key) ? key : null;
}

function refuse(near: Socket, code: keyof typeof STATUS): void {
  near.end(`HTTP/1.1 ${STATUS[code]} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}
