// The way from a TCP connection to HTTP. A server of Node's `https` hands every finished handshake
// to its HTTP parser; here the door stands between the two, so that no byte of a stranger is ever
// parsed. Spec: docs/sync.md, "The door".

import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Key } from '../../proto/ids.ts';
import type { Lobby } from '../lobby/lobby.ts';
import { LOBBY_ALPN } from '../lobby/protocol.ts';
import type { Caller } from './certificate.ts';
import { type Door, type TicketDoor, type TurnedAway, callerAt } from './door.ts';
import { CONNECTIONS_MAX, DOOR_MS_MAX, UNPROVEN_PER_ADDRESS_MAX } from './limits.ts';
import type { Meter } from './meter.ts';

export interface Gate {
  /** Who is behind a connection that was let in. */
  callerOf(socket: Socket): Caller | undefined;
  /** Breaks the connections of those who are out. */
  drop(isOut: (key: Key) => boolean): void;
}

export interface GateParts {
  readonly door: Door;
  readonly tickets: TicketDoor;
  readonly meter: Meter;
  readonly idleMs: number;
  readonly turnedAway: (why: TurnedAway, address: string) => void;
  /** Where those go who ask for the lobby; absent: the handshake sends them away. */
  readonly lobby?: Lobby | undefined;
}

export function guard(server: Server, parts: GateParts): Gate {
  const { door, tickets, meter, idleMs, turnedAway, lobby } = parts;
  const callers = new Map<Socket, Caller>();
  const unproven = createCrowd();
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket: Socket) => {
    if (!unproven.enter(socket)) {
      turnedAway('too-many', socket.remoteAddress ?? '');
      socket.destroy();
      return;
    }
    // A closed socket no longer knows its address.
    const { remoteAddress = '', remotePort = 0 } = socket;
    socket.once('close', () => unproven.leave({ remoteAddress, remotePort }));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  const [serve] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    // Until HTTP has it nobody else listens, and an unheard error would end the process.
    socket.on('error', () => socket.destroy());
    if (socket.alpnProtocol === LOBBY_ALPN) return showToLobby(socket);
    void letIn(socket).then((verdict) => {
      if (verdict !== 'ok') {
        turnedAway(verdict, socket.remoteAddress ?? '');
        socket.destroy();
      } else if (!socket.destroyed) {
        unproven.leave(socket);
        socket.setTimeout(idleMs);
        serve?.call(server, socket);
      }
    });
  });

  /** Strangers are meant to come there: all that is asked of them is a key of their own. */
  function showToLobby(socket: TLSSocket): void {
    const caller = callerAt(socket);
    if (lobby !== undefined && typeof caller !== 'string') {
      return lobby.enter(socket, caller.key, () => unproven.leave(socket));
    }
    turnedAway(typeof caller === 'string' ? caller : 'stranger', socket.remoteAddress ?? '');
    socket.destroy();
  }

  async function letIn(socket: TLSSocket): Promise<'ok' | TurnedAway> {
    const caller = callerAt(socket);
    if (typeof caller === 'string') return caller;
    const asked = await askInTime(door, caller);
    const isTicket = asked === 'stranger' && tickets(caller.key) !== null;
    if (asked !== 'ok' && !isTicket) return asked;
    if (socket.destroyed) return 'stranger';
    const connected = meter.connect(caller.key);
    if (connected !== 'ok') return connected;
    callers.set(socket, caller);
    socket.once('close', () => {
      callers.delete(socket);
      meter.disconnect(caller.key);
    });
    return 'ok';
  }

  return {
    callerOf: (socket) => callers.get(socket),
    drop(isOut) {
      for (const [socket, { key }] of callers) if (isOut(key)) socket.destroy();
    },
  };
}

async function askInTime(door: Door, caller: Caller): Promise<'ok' | TurnedAway> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, DOOR_MS_MAX, 'late');
  });
  try {
    const answer = await Promise.race([door(caller), late]);
    if (answer === 'late') return 'door-failed';
    return answer ? 'ok' : 'stranger';
  } catch {
    return 'door-failed';
  } finally {
    clearTimeout(timer);
  }
}

type RemoteEnd = Partial<Pick<Socket, 'remoteAddress' | 'remotePort'>>;

/** Connections that have not shown yet who they are, by address. */
function createCrowd(): {
  enter(end: RemoteEnd): boolean;
  leave(end: RemoteEnd): void;
} {
  const ports = new Map<string, Set<number>>();
  return {
    enter({ remoteAddress = '', remotePort = 0 }) {
      const here = ports.get(remoteAddress) ?? new Set();
      if (here.size >= UNPROVEN_PER_ADDRESS_MAX) return false;
      ports.set(remoteAddress, here.add(remotePort));
      return true;
    },
    leave({ remoteAddress = '', remotePort = 0 }) {
      const here = ports.get(remoteAddress);
      here?.delete(remotePort);
      if (here?.size === 0) ports.delete(remoteAddress);
    },
  };
}
