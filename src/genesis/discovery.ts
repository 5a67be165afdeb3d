// Being found on the local network, and looking: UDP broadcasts of our own, and mDNS for networks
// and tools that know it. A convenience: where a socket cannot be had, an address is typed instead.
// Spec: docs/pairing.md, "Being found".

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { monotonicMs } from '../os/clock.ts';
import {
  type Announcement,
  type Found,
  decodeBeacon,
  encodeBeacon,
  withFound,
} from './announcement.ts';
import { decodeDns, encodeAnswer, encodeQuestion } from './dns.ts';
import { BEACON_EVERY_MS, BEACON_PORT, MDNS_ANSWER_EVERY_MS } from './limits.ts';

const MDNS_GROUP = '224.0.0.251';
const MDNS_PORT = 5_353;
const TTL_SECONDS = 120;

/** Announces until the function that it answers is called. `at` is where the window listens. */
export async function announce(announcement: Announcement, at: string): Promise<() => void> {
  const links = linksAt(at);
  const [beacon, dns] = await Promise.all([opened(0), dnsOn(links)]);
  const bytes = encodeBeacon(announcement);
  const shout = (): void => {
    for (const { broadcast } of links) send(beacon, bytes, BEACON_PORT, broadcast);
  };
  const answer = (ttlSeconds: number): void => {
    for (const { socket, address } of dns) {
      send(socket, encodeAnswer(announcement, [address], ttlSeconds), MDNS_PORT, MDNS_GROUP);
    }
  };
  let answeredAt = Number.NEGATIVE_INFINITY;
  const onMessage = (message: Uint8Array): void => {
    const now = monotonicMs();
    if (now - answeredAt < MDNS_ANSWER_EVERY_MS || decodeDns(message)?.kind !== 'question') return;
    answeredAt = now;
    answer(TTL_SECONDS);
  };
  for (const { socket } of dns) socket.on('message', onMessage);
  beacon?.setBroadcast(true);
  shout();
  answer(TTL_SECONDS);
  const timer = setInterval(shout, BEACON_EVERY_MS);
  return () => {
    clearInterval(timer);
    answer(0);
    beacon?.close();
    // A turn later: what was just said has to leave first.
    setImmediate(() => {
      for (const { socket } of dns) socket.close();
    });
  };
}

/** Who announces itself within some time. */
export async function lookAround(forMs: number): Promise<readonly Found[]> {
  const [beacons, dns] = await Promise.all([opened(BEACON_PORT), dnsOn(linksAt('0.0.0.0'))]);
  let found: readonly Found[] = [];
  const take = (announcement: Announcement | null, { address }: RemoteInfo): void => {
    if (announcement !== null) found = withFound(found, { ...announcement, source: address });
  };
  beacons?.on('message', (bytes: Uint8Array, from) => take(decodeBeacon(bytes), from));
  for (const { socket } of dns) {
    socket.on('message', (bytes: Uint8Array, from) => {
      const message = decodeDns(bytes);
      take(message?.kind === 'answer' ? message.announcement : null, from);
    });
    send(socket, encodeQuestion(), MDNS_PORT, MDNS_GROUP);
  }
  await new Promise((over) => {
    setTimeout(over, forMs);
  });
  beacons?.close();
  for (const { socket } of dns) socket.close();
  return found;
}

interface Link {
  readonly address: string;
  readonly broadcast: string;
}

/** The links on which a listener at this address can be reached. */
function linksAt(at: string): Link[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const isEverywhere = at === '0.0.0.0' || at === '::';
  return all
    .filter(({ family }) => family === 'IPv4')
    .filter(({ address, internal }) => (isEverywhere ? !internal : address === at))
    .map(({ address, netmask }) => ({ address, broadcast: broadcastOf(address, netmask) }));
}

export function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, i) => Number(part) | (~(mask[i] as number) & 255))
    .join('.');
}

/** A socket that shares its port with others, or null where there is none to be had. */
function opened(port: number): Promise<Socket | null> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, () => {
      socket.removeAllListeners('error').on('error', () => undefined);
      resolve(socket);
    });
  });
}

function send(socket: Socket | null, bytes: Uint8Array, port: number, to: string): void {
  // No route, no broadcast: then it is not found that way.
  socket?.send(bytes, port, to, () => undefined);
}

interface DnsSocket {
  readonly socket: Socket;
  readonly address: string;
}

/** A socket for each link that knows multicast: what is said on one is not heard on another. */
async function dnsOn(links: readonly Link[]): Promise<DnsSocket[]> {
  const sockets: DnsSocket[] = [];
  for (const { address } of links) {
    const socket = await opened(MDNS_PORT);
    if (socket === null) continue;
    try {
      socket.addMembership(MDNS_GROUP, address);
      socket.setMulticastInterface(address);
      sockets.push({ socket, address });
    } catch {
      socket.close();
    }
  }
  return sockets;
}
