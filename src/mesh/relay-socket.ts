// The relay of a member that opted in: opaque bytes from one port of a pair to the other, counted
// and capped. What it knows of them is in wg/lease.ts: the initiation by which a source shows
// itself. Spec: docs/links.md, "Relays".

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
import { openPorts } from './relay-ports.ts';

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

export function openRelay({ publicKeyOf }: RelayParts): RunningRelay {
  let leases: Leases = NO_LEASES;
  const counts = { packets: 0, bytes: 0, dropped: 0 };
  const pays = createCaps();
  const ports = openPorts((port, packet, source) => {
    const to = follow(port, packet, source);
    if (to === null || !pays(firstOf(port), packet.length)) {
      counts.dropped += 1;
      return;
    }
    counts.packets += 1;
    counts.bytes += packet.length;
    ports.send(to.port, packet, to.source);
  });

  /** Where a packet goes, once both sides have shown themselves. */
  function follow(
    port: number,
    packet: Uint8Array,
    source: string,
  ): { port: number; source: string } | null {
    if (packet.length > RELAY_PACKET_BYTES_MAX || !isWireguard(packet)) return null;
    const lease = leases.pairs.find(({ sides }) => sides[0].port === firstOf(port));
    const done = lease === undefined ? null : carried(lease, port, source, packet, monotonicMs());
    if (done === null) return null;
    leases = { ...leases, pairs: leases.pairs.map((one) => (one === lease ? done.lease : one)) };
    return done.to;
  }

  function macKeyOf(member: Key): Uint8Array | null {
    const key = publicKeyOf(member);
    return key === null ? null : mac1Key(key);
  }

  function sweep(): void {
    const after = swept(leases, macKeyOf, monotonicMs());
    leases = after.leases;
    for (const { sides } of after.ended) ports.shut(sides[0].port);
  }

  function forget({ sides }: PairLease): void {
    const stays = (pair: PairLease): boolean => pair.sides[0].port !== sides[0].port;
    leases = { ...leases, pairs: leases.pairs.filter(stays) };
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
        if (await ports.open(lease.sides[0].port)) {
          return ok({ own: sideOf(lease, asker).port, other: sideOf(lease, other).port });
        }
        forget(lease);
      }
      return refuse('relay-full');
    },
    counts: () => ({ pairs: leases.pairs.length, ...counts }),
    async close() {
      clearInterval(timer);
      await ports.close();
      leases = NO_LEASES;
    },
  };
}

/** The port that names its pair: the even one. */
function firstOf(port: number): number {
  return port - (port % 2);
}

/** What may be carried: of each pair, and of all. */
function createCaps(): (pair: number, bytes: number) => boolean {
  const pairs = new Map<number, Bucket>();
  let whole = fullBucket(RELAY_RATE, monotonicMs());
  return (pair, bytes) => {
    const nowMs = monotonicMs();
    const bucket = pairs.get(pair) ?? fullBucket(RELAY_PAIR_RATE, nowMs);
    if (waitMs(whole, RELAY_RATE, nowMs) > 0) return false;
    if (waitMs(bucket, RELAY_PAIR_RATE, nowMs) > 0) return false;
    whole = spent(whole, RELAY_RATE, nowMs, bytes);
    pairs.set(pair, spent(bucket, RELAY_PAIR_RATE, nowMs, bytes));
    return true;
  };
}
