// Being found on the local network, and looking: UDP broadcasts of our own, and mDNS for networks
// and tools that know it, each over IPv4 and over IPv6, whose link-local addresses need no server
// and no router. A convenience: where a socket cannot be had, an address is typed instead.
// Spec: docs/pairing.md, "Being found".

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
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

const MDNS_PORT = 5_353;
const TTL_SECONDS = 120;
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

type Family = 'udp4' | 'udp6';

/** One family on one interface: what is said on one link is not heard on another. */
interface Link {
  readonly family: Family;
  readonly address: string;
  /** To all who are there, and to those who know mDNS. */
  readonly all: string;
  readonly mdns: string;
  /** The interface, as the system wants it named for a group. */
  readonly group: { readonly address: string; readonly via: string };
}

/** Announces until the function that it answers is called. `at` is where the window listens. */
export async function announce(announcement: Announcement, at: string): Promise<() => void> {
  const links = linksAt(at);
  const [beacons, dns] = await Promise.all([bothFamilies(0), dnsOn(links)]);
  const bytes = encodeBeacon(announcement);
  const shout = (): void => {
    for (const { family, all } of links) send(beacons[family], bytes, BEACON_PORT, all);
  };
  const answer = (ttlSeconds: number): void => {
    for (const { socket, link } of dns) {
      const records = encodeAnswer(announcement, [link.address], ttlSeconds);
      send(socket, records, MDNS_PORT, link.mdns);
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
  beacons.udp4?.setBroadcast(true);
  shout();
  answer(TTL_SECONDS);
  const timer = setInterval(shout, BEACON_EVERY_MS);
  return () => {
    clearInterval(timer);
    answer(0);
    for (const socket of Object.values(beacons)) socket?.close();
    // A turn later: what was just said has to leave first.
    setImmediate(() => {
      for (const { socket } of dns) socket.close();
    });
  };
}

/** Who announces itself within some time. */
export async function lookAround(forMs: number): Promise<readonly Found[]> {
  const links = linksAt('::');
  const [beacons, dns] = await Promise.all([bothFamilies(BEACON_PORT), dnsOn(links)]);
  let found: readonly Found[] = [];
  const take = (announcement: Announcement | null, { address }: RemoteInfo): void => {
    if (announcement !== null) found = withFound(found, { ...announcement, source: address });
  };
  for (const socket of Object.values(beacons)) {
    socket?.on('message', (bytes: Uint8Array, from) => take(decodeBeacon(bytes), from));
  }
  for (const { socket, link } of dns) {
    socket.on('message', (bytes: Uint8Array, from) => {
      const message = decodeDns(bytes);
      take(message?.kind === 'answer' ? message.announcement : null, from);
    });
    send(socket, encodeQuestion(), MDNS_PORT, link.mdns);
  }
  await new Promise((over) => {
    setTimeout(over, forMs);
  });
  for (const socket of Object.values(beacons)) socket?.close();
  for (const { socket } of dns) socket.close();
  return found;
}

/** The links on which a listener at this address can be reached. */
function linksAt(at: string): Link[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap((one) => linkOf(name, one, at) ?? []),
  );
}

function linkOf(name: string, one: NetworkInterfaceInfo, at: string): Link | null {
  const { address, netmask, internal } = one;
  if (one.family === 'IPv4') {
    const isReached = EVERYWHERE.has(at) ? !internal : address === at;
    const [all, mdns] = [broadcastOf(address, netmask), '224.0.0.251'];
    const group = { address: mdns, via: address };
    return isReached ? { family: 'udp4', address, all, mdns, group } : null;
  }
  // One address of a link is enough, and each link has a local one.
  if (internal || !address.startsWith('fe80:')) return null;
  const scoped = `${address}%${name}`;
  if (at !== '::' && at !== scoped) return null;
  const group = { address: 'ff02::fb', via: `::%${name}` };
  const [all, mdns] = [`ff02::1%${name}`, `ff02::fb%${name}`];
  return { family: 'udp6', address: scoped, all, mdns, group };
}

export function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, i) => Number(part) | (~(mask[i] as number) & 255))
    .join('.');
}

type Pair = Readonly<Record<Family, Socket | null>>;

async function bothFamilies(port: number): Promise<Pair> {
  const [udp4, udp6] = await Promise.all([opened('udp4', port), opened('udp6', port)]);
  return { udp4, udp6 };
}

/** A socket that shares its port with others, or null where there is none to be had. */
function opened(type: Family, port: number): Promise<Socket | null> {
  const socket = createSocket({ type, reuseAddr: true, ipv6Only: type === 'udp6' });
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
  readonly link: Link;
}

/** A socket for each link that knows multicast. */
async function dnsOn(links: readonly Link[]): Promise<DnsSocket[]> {
  const sockets: DnsSocket[] = [];
  for (const link of links) {
    const socket = await opened(link.family, MDNS_PORT);
    if (socket === null) continue;
    try {
      socket.addMembership(link.group.address, link.group.via);
      socket.setMulticastInterface(link.group.via);
      sockets.push({ socket, link });
    } catch {
      socket.close();
    }
  }
  return sockets;
}
