// What somebody who carries a ceremony can do to it, message by message: one table, for the lobby
// and for the daemon. `run` begins a fresh one for each connection.

import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Frame, decodeFrame, encodeFrame } from '../../pairing/messages.ts';
import { SEALED_BYTES_MAX } from '../../pairing/limits.ts';
import { newIdentity } from '../kit/peers.ts';
import type { Direction } from './machines.ts';

/** What goes on instead of a message, counted from 1 in each direction; `break` ends both. */
export type Meddle = (
  direction: Direction,
  number: number,
  message: Buffer,
) => readonly Uint8Array[] | 'break';

export interface Trick {
  readonly what: string;
  readonly run: () => Meddle;
  /** What is lost is only noticed after some time. */
  readonly slow?: true;
}

export const honest: Meddle = (_direction, _number, message) => [message];

/** Both ends of a connection. */
export async function connection(): Promise<[Socket, Socket]> {
  const server = createServer();
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const met = new Promise<Socket>((meet) => void server.once('connection', meet));
  const ours = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const theirs = await met;
  server.close();
  return [ours, theirs];
}

/** Carries frames between two ends as a trick has it. */
export function carryWith(near: Duplex, far: Duplex, meddle: Meddle): void {
  const end = (): void => {
    near.destroy();
    far.destroy();
  };
  for (const stream of [near, far]) stream.on('error', end).on('close', end);
  pass(near, far, 'to newcomer');
  pass(far, near, 'to admitter');
  function pass(from: Duplex, to: Duplex, direction: Direction): void {
    let bytes = Buffer.alloc(0);
    let number = 0;
    from.on('end', () => to.end());
    from.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
        const size = bytes.readUInt32BE(0);
        const message = Buffer.from(bytes.subarray(4, 4 + size));
        bytes = bytes.subarray(4 + size);
        const out = meddle(direction, ++number, message);
        if (out === 'break') return end();
        for (const one of out) to.write(framed(one));
      }
    });
    from.resume();
  }
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
}

type At = readonly [Direction, number];

/** Changes one message and lets the others pass. */
function at(place: At, change: (message: Buffer) => readonly Uint8Array[] | 'break'): () => Meddle {
  return () => (direction, number, message) =>
    direction === place[0] && number === place[1] ? change(message) : [message];
}

function flip(message: Buffer, from = -1): readonly Uint8Array[] {
  const copy = Buffer.from(message);
  const index = from < 0 ? copy.length + from : from;
  copy[index] = (copy[index] as number) ^ 1;
  return [copy];
}

/** A message made anew from its value, so that it is well-formed. */
function forged(change: (frame: Frame) => Frame): (message: Buffer) => readonly Uint8Array[] {
  return (message) => {
    const frame = decodeFrame(message, SEALED_BYTES_MAX);
    return frame === null ? [message] : [encodeFrame(change(frame))];
  };
}

const other = newIdentity().publicKey;

function withKey(frame: Frame): Frame {
  return frame.kind === 'hello' ? { ...frame, hello: { ...frame.hello, key: other } } : frame;
}

function withWireguard(frame: Frame): Frame {
  if (frame.kind !== 'hello' || frame.hello.role !== 'newcomer') return frame;
  const wireguard = { ...frame.hello.wireguard, key: other };
  return { ...frame, hello: { ...frame.hello, wireguard } };
}

function withName(frame: Frame): Frame {
  return frame.kind === 'hello' ? { ...frame, hello: { ...frame.hello, name: 'evil' } } : frame;
}

function withNetwork(frame: Frame): Frame {
  if (frame.kind !== 'hello' || frame.hello.role !== 'admitter') return frame;
  return { ...frame, hello: { ...frame.hello, network: other as never } };
}

const NAMES: Readonly<Record<Direction, readonly string[]>> = {
  'to newcomer': ['hello', 'share', 'tag', 'welcome', 'proposal', 'record'],
  'to admitter': ['hello', 'share', 'tag', 'introduction', 'acceptance', 'question'],
};

function each(make: (place: At, name: string) => Trick): Trick[] {
  return (Object.keys(NAMES) as Direction[]).flatMap((direction) =>
    NAMES[direction].map((name, i) => make([direction, i + 1], `the ${name} ${direction}`)),
  );
}

/** Holds one message until the next of its direction has gone. */
function late(place: At): () => Meddle {
  return () => {
    let held: Buffer | null = null;
    return (direction, number, message) => {
      if (direction !== place[0]) return [message];
      if (number === place[1]) {
        held = message;
        return [];
      }
      const first = held;
      held = null;
      return first === null ? [message] : [message, first];
    };
  };
}

/** Answers a side with its own words. */
function reflected(message: number): () => Meddle {
  return () => {
    let own: Buffer | null = null;
    return (direction, number, its) => {
      if (number !== message) return [its];
      if (direction === 'to newcomer') own = its;
      else if (own !== null) return [own];
      return [its];
    };
  };
}

export const TRICKS: readonly Trick[] = [
  ...each((place, name) => ({ what: `swaps a byte of ${name}`, run: at(place, (m) => flip(m)) })),
  ...each((place, name) => ({ what: `sends ${name} twice`, run: at(place, (m) => [m, m]) })),
  ...each((place, name) => ({ what: `breaks off before ${name}`, run: at(place, () => 'break') })),
  ...each((place, name) => ({
    what: `cuts ${name} short`,
    run: at(place, (m) => [m.subarray(0, m.length >> 1)]),
  })),
  { what: 'swaps the key of the newcomer', run: at(['to admitter', 1], forged(withKey)) },
  { what: 'swaps its WireGuard key', run: at(['to admitter', 1], forged(withWireguard)) },
  { what: 'swaps its name', run: at(['to admitter', 1], forged(withName)) },
  { what: 'swaps the key of the operator', run: at(['to newcomer', 1], forged(withKey)) },
  { what: 'swaps the network', run: at(['to newcomer', 1], forged(withNetwork)) },
  { what: 'reflects the hello', run: reflected(1) },
  { what: 'reflects the share', run: reflected(2) },
  { what: 'reflects the tag', run: reflected(3) },
  { what: 'changes the order of welcome and proposal', run: late(['to newcomer', 4]) },
  { what: 'drops the hello', run: at(['to newcomer', 1], () => []), slow: true },
  { what: 'drops the tag', run: at(['to newcomer', 3], () => []), slow: true },
  { what: 'drops the acceptance', run: at(['to admitter', 5], () => []), slow: true },
];
