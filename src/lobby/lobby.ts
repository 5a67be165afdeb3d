// The lobby of a member that has opened one: newcomers that can only dial out wait here until
// somebody comes for them, and from then on it is a pipe of bytes that nobody here looks into.
// Nothing of what a newcomer says is believed, and all of it is bounded. Spec: docs/pairing.md,
// "The lobby".

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs } from '../os/clock.ts';
import {
  ANSWER_MS_MAX,
  ENTERING_MAX,
  PIPE_IDLE_MS,
  SILENCE_MS,
  STILL_MS,
  WAITING_MS_MAX,
} from './limits.ts';
import { FULL, GO, STILL, encodeGo, takeAnnouncement } from './protocol.ts';
import { type Waiting, hasRoom } from './waiting.ts';

export interface Lobby {
  /** Takes a connection; `announced` is called once it is on the list. */
  enter(socket: TLSSocket, key: Key, announced: () => void): void;
  waiting(): readonly Waiting[];
  /** The newcomer, ready to hear whoever comes for it; null where it is not here any more. */
  fetch(key: Key, by: string): Promise<Socket | null>;
  close(): void;
}

/** Bounds that tests make smaller. */
export interface Patience {
  /** For an announcement, and for a newcomer to get ready. */
  readonly answerMs: number;
  readonly readyMs: number;
  readonly stillMs: number;
  readonly silenceMs: number;
  readonly waitingMs: number;
  readonly idleMs: number;
}

const PATIENCE: Patience = {
  answerMs: ANSWER_MS_MAX,
  readyMs: ANSWER_MS_MAX,
  stillMs: STILL_MS,
  silenceMs: SILENCE_MS,
  waitingMs: WAITING_MS_MAX,
  idleMs: PIPE_IDLE_MS,
};

interface Guest extends Omit<Waiting, 'waitedMs'> {
  readonly socket: TLSSocket;
  readonly sinceMs: number;
  readonly timers: Set<NodeJS.Timeout>;
  heardAtMs: number;
  /** Where it was asked to be ready: hears that it is, or that it is gone. */
  ready: ((rest: Uint8Array | null) => void) | null;
}

export function createLobby(patience: Patience = PATIENCE): Lobby {
  const guests = new Map<Key, Guest>();
  const sockets = new Set<TLSSocket>();
  let entering = 0;
  return {
    enter(socket, key, announced) {
      if (entering >= ENTERING_MAX) return void socket.destroy();
      entering += 1;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.setNoDelay(true);
      listenTo(socket, patience, (said) => {
        entering -= 1;
        if (said === null) return;
        const guest = guestOf(socket, key, said.announcement);
        if (!hasRoom([...guests.values()], guest)) {
          socket.setTimeout(patience.answerMs, () => socket.destroy());
          socket.end(Uint8Array.of(FULL)).resume();
          return;
        }
        announced();
        seat(guests, guest, patience, said.rest);
      });
    },
    waiting() {
      const nowMs = monotonicMs();
      return [...guests.values()]
        .filter(({ ready }) => ready === null)
        .map(({ key, name, role, source, sinceMs }) => ({
          ...{ key, name, role, source, waitedMs: Math.round(nowMs - sinceMs) },
        }));
    },
    fetch: (key, by) => fetch(guests, key, by, patience),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function guestOf(
  socket: TLSSocket,
  key: Key,
  { name, role }: { readonly name: string; readonly role: string },
): Guest {
  const { remoteAddress = '' } = socket;
  const source = remoteAddress.replace(/^::ffff:/, '');
  const sinceMs = monotonicMs();
  const timers = new Set<NodeJS.Timeout>();
  return { socket, key, name, role, source, sinceMs, timers, heardAtMs: sinceMs, ready: null };
}

type Announced = Exclude<ReturnType<typeof takeAnnouncement>, string>;

/** Hears the announcement, or null where none came; once. */
function listenTo(
  socket: TLSSocket,
  { answerMs }: Patience,
  heard: (said: Announced | null) => void,
): void {
  let bytes = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), answerMs);
  const settle = (said: Announced | null): void => {
    clearTimeout(late);
    socket.off('data', onData).off('close', onClose);
    heard(said);
  };
  const onClose = (): void => settle(null);
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const said = takeAnnouncement(bytes);
    if (said === 'wrong') socket.destroy();
    else if (said !== 'more') settle(said);
  };
  socket.on('data', onData).once('close', onClose);
}

/** On the list, until it is fetched, falls silent, or goes. */
function seat(
  guests: Map<Key, Guest>,
  guest: Guest,
  { stillMs, silenceMs, waitingMs }: Patience,
  rest: Uint8Array,
): void {
  const { socket, key, timers, sinceMs } = guest;
  guests.get(key)?.socket.destroy();
  guests.set(key, guest);
  const still = (): void => {
    const nowMs = monotonicMs();
    const isOver = nowMs - guest.heardAtMs > silenceMs || nowMs - sinceMs > waitingMs;
    if (isOver) socket.destroy();
    else socket.write(Uint8Array.of(STILL));
  };
  timers.add(setInterval(still, stillMs));
  still();
  const onData = (chunk: Uint8Array): void => {
    guest.heardAtMs = monotonicMs();
    const go = guest.ready === null ? -1 : chunk.indexOf(GO);
    const ours = go < 0 ? chunk : chunk.subarray(0, go);
    // Whatever else comes from somebody who waits is no part of this.
    if (ours.some((byte) => byte !== STILL)) return void socket.destroy();
    if (go < 0) return;
    socket.off('data', onData).pause();
    leave(guests, guest);
    guest.ready?.(chunk.subarray(go + 1));
  };
  socket.on('data', onData).once('close', () => {
    leave(guests, guest);
    guest.ready?.(null);
  });
  if (rest.length > 0) onData(rest);
}

function leave(guests: Map<Key, Guest>, guest: Guest): void {
  for (const timer of guest.timers) clearTimeout(timer);
  guest.timers.clear();
  if (guests.get(guest.key) === guest) guests.delete(guest.key);
}

function fetch(
  guests: Map<Key, Guest>,
  key: Key,
  by: string,
  { readyMs, idleMs }: Patience,
): Promise<Socket | null> {
  const guest = guests.get(key);
  if (guest === undefined || guest.ready !== null) return Promise.resolve(null);
  const { socket } = guest;
  return new Promise((resolve) => {
    const late = setTimeout(() => socket.destroy(), readyMs);
    guest.ready = (rest) => {
      guest.ready = (): void => undefined;
      clearTimeout(late);
      if (rest === null) return resolve(null);
      if (rest.length > 0) socket.unshift(rest);
      socket.setTimeout(idleMs, () => socket.destroy());
      resolve(socket);
    };
    socket.write(encodeGo(by));
  });
}
