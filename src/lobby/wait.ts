// The newcomer's side of a lobby: it dials out to a member, waits on its list, and hands over the
// connection as soon as somebody comes. Then it dials again, as it does when the lobby goes away.
// It knows nobody there and checks no key: what CPace agrees on keeps the lobby out.
// Spec: docs/pairing.md, "The lobby".

import type { Duplex } from 'node:stream';
import { type TLSSocket, connect } from 'node:tls';
import { type Address, textOfAddress } from '../peer/address.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { clientTls } from '../peer/tls.ts';
import { CONNECT_MS_MAX, FIRST_REDIAL_MS, REDIAL_MS_MAX, SILENCE_MS, TAKEN_MAX } from './limits.ts';
import {
  type Announcement,
  GO,
  LOBBY_ALPN,
  STILL,
  encodeAnnouncement,
  takeSaid,
} from './protocol.ts';

/** Why nobody can come by the lobby just now. */
export type AwayCode = 'lobby-unreachable' | 'lobby-none' | 'lobby-full' | 'lobby-lost';

export type LobbyNews =
  | { readonly what: 'lobby'; readonly via: string; readonly at: 'waiting' }
  | { readonly what: 'lobby'; readonly via: string; readonly at: 'away'; readonly why: AwayCode };

export interface WaitSetting {
  readonly identity: PeerIdentity;
  readonly place: Address;
  readonly announcement: Announcement;
  /** Takes over a connection behind which somebody is; `by` is the lobby's word for who. */
  readonly take: (stream: Duplex, by: string) => void;
  readonly tell: (news: LobbyNews) => void;
}

interface Waiter extends WaitSetting {
  readonly via: string;
  readonly taken: Set<Duplex>;
  told: string;
  waitMs: number;
  socket: TLSSocket | null;
  timer: NodeJS.Timeout | undefined;
  isOver: boolean;
}

/** Waits in a lobby until the function that it answers is called. */
export function waitIn(setting: WaitSetting): () => void {
  const via = textOfAddress(setting.place);
  const waiter: Waiter = {
    ...{ ...setting, via, taken: new Set(), told: '', waitMs: FIRST_REDIAL_MS },
    ...{ socket: null, timer: undefined, isOver: false },
  };
  dial(waiter);
  return () => {
    waiter.isOver = true;
    clearTimeout(waiter.timer);
    waiter.socket?.destroy();
  };
}

function dial(waiter: Waiter): void {
  const { place, identity } = waiter;
  const tls = clientTls(identity, []);
  const socket = connect({ ...tls, ...place, ALPNProtocols: [LOBBY_ALPN] });
  waiter.socket = socket;
  const talk: Talk = { socket, why: 'lobby-unreachable', bytes: Buffer.alloc(0) };
  socket.setNoDelay(true);
  socket.setTimeout(CONNECT_MS_MAX, () => socket.destroy());
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.includes('NO_APPLICATION_PROTOCOL') === true) talk.why = 'lobby-none';
  });
  socket.once('secureConnect', () => {
    if (socket.alpnProtocol !== LOBBY_ALPN) {
      talk.why = 'lobby-none';
      return void socket.destroy();
    }
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.write(encodeAnnouncement(waiter.announcement));
  });
  const onData = (chunk: Buffer): void => {
    talk.bytes = Buffer.concat([talk.bytes, chunk]);
    const by = hear(waiter, talk);
    if (by === null) return;
    socket.off('data', onData).off('close', onClose);
    handOver(waiter, talk, by);
  };
  const onClose = (): void => {
    tell(waiter, talk.why);
    again(waiter);
  };
  socket.on('data', onData).once('close', onClose);
}

interface Talk {
  readonly socket: TLSSocket;
  /** What it is if the connection ends now. */
  why: AwayCode;
  bytes: Buffer;
}

/** Takes what the lobby has said; the name of whoever comes, once somebody does. */
function hear(waiter: Waiter, talk: Talk): string | null {
  const { socket } = talk;
  for (;;) {
    const said = takeSaid(talk.bytes);
    if (said.kind === 'more') return null;
    if (said.kind === 'wrong' || said.kind === 'full') {
      talk.why = said.kind === 'full' ? 'lobby-full' : 'lobby-none';
      socket.destroy();
      return null;
    }
    talk.bytes = talk.bytes.subarray(said.size);
    if (said.kind === 'go') return said.by;
    talk.why = 'lobby-lost';
    tell(waiter, 'waiting');
    // One that was not taken yet says it as well: a lobby that never reads must not fill us.
    if (socket.writableLength === 0) socket.write(Uint8Array.of(STILL));
  }
}

/** From here on it is a connection like any other; another one waits for whoever comes next. */
function handOver(waiter: Waiter, { socket, bytes }: Talk, by: string): void {
  const { taken } = waiter;
  socket.setTimeout(0);
  socket.pause();
  socket.write(Uint8Array.of(GO));
  if (bytes.length > 0) socket.unshift(bytes);
  taken.add(socket);
  waiter.socket = null;
  socket.once('close', () => {
    taken.delete(socket);
    if (waiter.socket === null && waiter.timer === undefined) again(waiter);
  });
  waiter.take(socket, by);
  socket.resume();
  if (taken.size < TAKEN_MAX) again(waiter);
}

function again(waiter: Waiter): void {
  if (waiter.isOver) return;
  const { waitMs } = waiter;
  waiter.socket = null;
  waiter.waitMs = Math.min(REDIAL_MS_MAX, waitMs * 2);
  waiter.timer = setTimeout(() => {
    waiter.timer = undefined;
    dial(waiter);
  }, waitMs);
}

/** Each change once: a lobby that stays away is not news. */
function tell(waiter: Waiter, at: 'waiting' | AwayCode): void {
  const { via, told } = waiter;
  if (at === 'waiting') waiter.waitMs = FIRST_REDIAL_MS;
  if (waiter.isOver || told === at) return;
  waiter.told = at;
  const news = { what: 'lobby', via } as const;
  waiter.tell(at === 'waiting' ? { ...news, at } : { ...news, at: 'away', why: at });
}
