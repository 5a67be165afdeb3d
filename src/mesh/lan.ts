// Beacons on the local networks of this machine, so that members there find each other without the
// rest of the world: by IPv4 broadcast, and to all nodes of each link by IPv6. A convenience: where
// a socket cannot be had, others are found by their addresses. Spec: docs/links.md, "The LAN
// beacon".

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { sameBytes } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import {
  BEACON_NONCE_BYTES,
  type Lan,
  NOBODY_HEARD,
  beaconKey,
  encodeLanBeacon,
  looking,
  onLan,
  readLanBeacon,
  withHeard,
  withLink,
} from '../../wg/beacon.ts';
import { isInterfaceName } from '../../wg/address.ts';
import { canonicalEndpoint } from '../../wg/ip.ts';
import { LAN_ANSWER_GAP_MS, LAN_EVERY_MS, LAN_PORT } from '../../wg/link-limits.ts';
import { broadcastOf } from '../genesis/discovery.ts';
import { monotonicMs, randomBytes } from '../os/clock.ts';

export interface LanParts {
  readonly ledger: RecordId;
  readonly self: Key;
  /** Where WireGuard listens. */
  readonly port: number;
  /** The others. */
  readonly members: () => Iterable<Key>;
  /** One of them was heard from where it was not before. */
  readonly heard: (node: Key) => void;
}
export interface RunningLan {
  /** Its endpoints on our local networks, the latest first. */
  of(node: Key): readonly string[];
  /** An endpoint as WireGuard shows it, with its link where that is left out. */
  withLink(endpoint: string): string;
  /** Says that we are here and would hear the others: after a start, on another network. */
  ask(): void;
  close(): void;
}

const GROUP = 'ff02::1';

export async function openLan(parts: LanParts): Promise<RunningLan> {
  const key = beaconKey(parts.ledger);
  const [four, six] = await Promise.all([opened('udp4'), opened('udp6')]);
  let lan: Lan = NOBODY_HEARD;
  let saidMs = Number.NEGATIVE_INFINITY;
  let said: Uint8Array = new Uint8Array();
  let waiting: NodeJS.Timeout | null = null;

  function say(wantsAnswer: boolean): void {
    saidMs = monotonicMs();
    const { self: node, port } = parts;
    const nonce = randomBytes(BEACON_NONCE_BYTES);
    const bytes = encodeLanBeacon(key, { node, port, wantsAnswer }, nonce);
    said = bytes;
    for (const [name, info] of links()) {
      if (info.family === 'IPv4') send(four, bytes, broadcastOf(info.address, info.netmask));
      else if (info.scopeid !== 0) send(six, bytes, `${GROUP}%${name}`);
    }
  }

  /** However many ask, one answer a second. */
  function answer(): void {
    if (waiting !== null) return;
    const restMs = Math.max(0, saidMs + LAN_ANSWER_GAP_MS - monotonicMs());
    waiting = setTimeout(() => {
      waiting = null;
      say(false);
    }, restMs);
  }

  function onMessage(bytes: Uint8Array, { address, family }: RemoteInfo): void {
    // A broadcast comes back to who sent it, and would be tried as the word of every member.
    if (sameBytes(bytes, said)) return;
    const nowMs = monotonicMs();
    const after = looking(lan, nowMs);
    if (after === null) return;
    lan = after;
    const host = family === 'IPv6' ? `[${address}]` : address;
    const beacon = readLanBeacon(key, likelyFirst(lan, host, parts.members()), bytes);
    if (beacon === null) return;
    const endpoint = canonicalEndpoint(`${host}:${beacon.port}`);
    if (endpoint === null) return;
    const isNew = !onLan(lan, beacon.node, nowMs).includes(endpoint);
    lan = withHeard(lan, beacon.node, endpoint, nowMs);
    if (beacon.wantsAnswer) answer();
    if (isNew) parts.heard(beacon.node);
  }

  four?.setBroadcast(true);
  for (const socket of [four, six]) socket?.on('message', onMessage);
  say(true);
  const timer = setInterval(() => say(false), LAN_EVERY_MS);
  return {
    of: (node) => onLan(lan, node, monotonicMs()),
    withLink: (endpoint) => withLink(lan, endpoint),
    ask: () => say(true),
    close() {
      clearInterval(timer);
      if (waiting !== null) clearTimeout(waiting);
      for (const socket of [four, six]) socket?.close();
    },
  };
}

/** Whose word came from there last is tried first: a hash for each of the others is dear. */
function* likelyFirst({ heard }: Lan, host: string, members: Iterable<Key>): Iterable<Key> {
  const last = heard.findLast(({ endpoint }) => endpoint.startsWith(`${host}:`))?.node;
  for (const node of members) if (node === last) yield node;
  for (const node of members) if (node !== last) yield node;
}

/** Addresses of links to other machines; not of tunnels of this program. */
function links(): (readonly [string, NetworkInterfaceInfo])[] {
  return Object.entries(interfacesNow()).flatMap(([name, infos]) =>
    isInterfaceName(name)
      ? []
      : (infos ?? []).filter(({ internal }) => !internal).map((info) => [name, info] as const),
  );
}

function interfacesNow(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch {
    // No file is left to ask by: nothing is said this time.
    return {};
  }
}

/** A socket that shares its port with the daemons of other networks, or null. */
function opened(type: 'udp4' | 'udp6'): Promise<Socket | null> {
  const socket = createSocket({ type, reuseAddr: true, ipv6Only: type === 'udp6' });
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(LAN_PORT, () => {
      socket.removeAllListeners('error').on('error', () => undefined);
      resolve(socket);
    });
  });
}

function send(socket: Socket | null, bytes: Uint8Array, to: string): void {
  // No route, no broadcast: then it is not found that way.
  socket?.send(bytes, LAN_PORT, to, () => undefined);
}
