// What the mesh tells a person: the shapes that cross the local API, for commands, screens and
// metrics. Plain values, everything unknown is null. Spec: docs/daemon.md, "The mesh".

import type { Headroom, PeerLink } from '../../proto/status.ts';
import type { Liveness } from '../../beat/detector.ts';
import type { Offer } from '../../beat/offer.ts';
import type { Key } from '../../proto/ids.ts';

/** What a person wants this machine to do for the mesh. */
export interface MeshWishes {
  /** Carry packets of members who cannot reach each other. */
  readonly relay: boolean;
  /** New machines may wait here: told in heartbeats. */
  readonly lobby: boolean;
}

/** What is known of one node beyond the ledger, as `kith nodes` shows it. */
export interface NodeFacts {
  readonly key: Key;
  readonly address: string;
  readonly ipv4: string | null;
  readonly liveness: Liveness | 'here';
  /** Since its last heartbeat. */
  readonly heardAgoMs: number | null;
  readonly headroom: Headroom | null;
  /** What it still promises to new work; null: it takes none, or has not said. */
  readonly offer: Offer | null;
  /** How far its clock is ahead of ours. */
  readonly clockOffsetMs: number | null;
  readonly version: string | null;
  /** Whether it holds the same ledger as this machine; null where that is unknown. */
  readonly agrees: boolean | null;
  /** Two machines speak with its key. */
  readonly cloned: boolean;
  readonly relay: boolean;
  readonly lobby: boolean;
}

export interface Ping {
  readonly rttMs: number | null;
  readonly path: PeerLink['path'];
  readonly via: string | null;
  readonly why: string;
}

/** A rotation of this node's WireGuard key, as it has ended. */
export interface Rotated {
  readonly counter: number;
  /** Peers that had the new key when it came into use, and those that had not said so. */
  readonly ready: number;
  readonly late: readonly Key[];
}
