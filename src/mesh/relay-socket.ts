// The relay of a member that opted in: two UDP sockets for each pair, and opaque bytes from one to
// the other, counted and capped. What it knows of them is in wg/lease.ts: the initiation by which a
// source shows itself. Spec: docs/links.md, "Relays".

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { type Bucket, fullBucket, spent, waitMs } from '../../ledger/bucket.ts';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import {
  type Leases,
  NO_LEASES,
  type PairLease,
  carried,
  leaseFor,
  sideOf,
  swept,
} from '../../wg/lease.ts';
import { RELAY_PACKET_BYTES_MAX } from '../../wg/link-limits.ts';
import type { LeaseCode } from '../../wg/link-refusals.ts';
import { isWireguard, mac1Key } from '../../wg/mac1.ts';
import { monotonicMs } from '../os/clock.ts';
import { RELAY_BIND_TRIES, RELAY_PAIR_RATE, RELAY_RATE, RELAY_SWEEP_MS } from './relay-limits.ts';

export interface RelayParts {
  /** The X25519 key of a member as it is now; null for whoever is none. */
  readonly publicKeyOf: (member: Key) => Uint8Array | null;
}
export interface LeasedPorts {
  /** Of the asker, and of the other. */
  readonly own: number;
  readonly other: number;
}
export interface RelayCounts {
  readonly pairs: number;
  readonly packets: number;
  readonly bytes: number;
  /** Of no pair, of nobody bound, or over the cap. */
  readonly dropped: number;
}
export interface RunningRelay {
  lease(asker: Key, other: Key): Promise<Result<LeasedPorts, LeaseCode>>;
  counts(): RelayCounts;
  close(): Promise<void>;
}

interface Open {
  readonly sockets: readonly [Socket, Socket];
  bucket: Bucket;
}

export function openRelay({ publicKeyOf }: RelayParts): RunningRelay {
  let leases: Leases = NO_LEASES;
  /** By the first port of a pair. */
  const open = new Map<number, Open>();
  const opening = new Map<number, Promise<boolean>>();
  const counts = { packets: 0, bytes: 0, dropped: 0 };
  let whole = fullBucket(RELAY_RATE, monotonicMs());
  const macKeys = new Map<string, Uint8Array>();

  function macKeyOf(member: Key): Uint8Array | null {
    const key = publicKeyOf(member);
    if (key === null) return null;
    const name = Buffer.from(key).toString('base64');
    const known = macKeys.get(name) ?? mac1Key(key);
    macKeys.set(name, known);
    return known;
  }

  function onPacket(port: number, packet: Uint8Array, from: RemoteInfo): void {
    const lease = leases.pairs.find(({ sides }) => sides.some((side) => side.port === port));
    const its = lease === undefined ? undefined : open.get(lease.sides[0].port);
    const isFit = packet.length <= RELAY_PACKET_BYTES_MAX && isWireguard(packet);
    const nowMs = monotonicMs();
    const done =
      lease !== undefined && isFit ? carried(lease, port, sourceOf(from), packet, nowMs) : null;
    if (lease === undefined || its === undefined || done === null) {
      counts.dropped += 1;
      return;
    }
    leases = { ...leases, pairs: leases.pairs.map((one) => (one === lease ? done.lease : one)) };
    if (done.to === null || !pays(its, packet.length, nowMs)) {
      counts.dropped += 1;
      return;
    }
    counts.packets += 1;
    counts.bytes += packet.length;
    const [host, to] = placeOf(done.to.source);
    const socket = its.sockets[done.to.port === lease.sides[0].port ? 0 : 1];
    // A network that is gone: the packet is, too.
    socket.send(packet, to, host, () => undefined);
  }

  function pays(its: Open, bytes: number, nowMs: number): boolean {
    if (waitMs(whole, RELAY_RATE, nowMs) > 0) return false;
    if (waitMs(its.bucket, RELAY_PAIR_RATE, nowMs) > 0) return false;
    whole = spent(whole, RELAY_RATE, nowMs, bytes);
    its.bucket = spent(its.bucket, RELAY_PAIR_RATE, nowMs, bytes);
    return true;
  }

  /** The sockets of a lease, opened once however many ask; false: a port is another program's. */
  function opened(lease: PairLease): Promise<boolean> {
    const [first] = lease.sides.map(({ port }) => port) as [number, number];
    if (open.has(first)) return Promise.resolve(true);
    const underWay = opening.get(first) ?? openPair(lease).finally(() => opening.delete(first));
    opening.set(first, underWay);
    return underWay;
  }

  async function openPair({ sides }: PairLease): Promise<boolean> {
    const made = await Promise.all(sides.map(({ port }) => bound(port)));
    const [one, two] = made;
    if (one == null || two == null) {
      for (const socket of made) socket?.close();
      return false;
    }
    for (const [i, socket] of [one, two].entries()) {
      const { port } = sides[i] as PairLease['sides'][0];
      socket.on('message', (packet, from) => onPacket(port, packet, from));
    }
    const bucket = fullBucket(RELAY_PAIR_RATE, monotonicMs());
    open.set(sides[0].port, { sockets: [one, two], bucket });
    return true;
  }

  function shut({ sides }: PairLease): void {
    const its = open.get(sides[0].port);
    open.delete(sides[0].port);
    for (const socket of its?.sockets ?? []) socket.close();
  }

  function sweep(): void {
    macKeys.clear();
    const after = swept(leases, macKeyOf, monotonicMs());
    leases = after.leases;
    for (const lease of after.ended) shut(lease);
  }

  const timer = setInterval(sweep, RELAY_SWEEP_MS);
  return {
    async lease(asker, other) {
      for (let tries = 0; tries < RELAY_BIND_TRIES; tries++) {
        const [own, its] = [macKeyOf(asker), macKeyOf(other)];
        if (own === null || its === null) return refuse('relay-stranger');
        const parties = [
          { member: asker, macKey: own },
          { member: other, macKey: its },
        ] as const;
        const made = leaseFor(leases, parties, monotonicMs());
        if (!made.ok) return made;
        const { lease } = made.value;
        leases = made.value.leases;
        if (await opened(lease)) {
          return ok({ own: sideOf(lease, asker).port, other: sideOf(lease, other).port });
        }
        leases = {
          ...leases,
          pairs: leases.pairs.filter(({ sides }) => sides[0].port !== lease.sides[0].port),
        };
      }
      return refuse('relay-full');
    },
    counts: () => ({ pairs: leases.pairs.length, ...counts }),
    async close() {
      clearInterval(timer);
      await Promise.all(opening.values());
      for (const lease of leases.pairs) shut(lease);
      leases = NO_LEASES;
    },
  };
}

/** A socket of both families where the machine has both. */
async function bound(port: number): Promise<Socket | null> {
  return (await boundAs('udp6', port)) ?? boundAs('udp4', port);
}

function boundAs(type: 'udp4' | 'udp6', port: number): Promise<Socket | null> {
  const socket = createSocket({ type });
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

// As the socket says it, so that it can be sent to by the same words.
function sourceOf({ address, port }: RemoteInfo): string {
  return `${address} ${port}`;
}

function placeOf(source: string): [string, number] {
  const [host = '', port] = source.split(' ');
  return [host, Number(port)];
}
