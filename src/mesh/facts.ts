// What the mesh tells a person: the shapes that cross the local API, for commands, screens and
// metrics. Plain values, everything unknown is null. Spec: docs/daemon.md, "The mesh".

import type { Liveness } from '../../beat/detector.ts';
import type { Headroom } from '../../beat/headroom.ts';
import type { Offer } from '../../beat/offer.ts';
import type { Key, RecordId } from '../../proto/ids.ts';

/** What a person wants this machine to do for the mesh. */
export interface MeshWishes {
  /** Carry packets of members who cannot reach each other. */
  readonly relay: boolean;
  /** New machines may wait here: told in heartbeats. */
  readonly lobby: boolean;
}

/** The link to one peer, as `kith peers` shows it. */
export interface PeerLink {
  readonly name: string;
  readonly key: Key;
  /** Its IPv6 address on the mesh. */
  readonly address: string;
  readonly path: 'direct' | 'lan' | 'punched' | 'relay' | 'down';
  /** The member that relays, by name. */
  readonly via: string | null;
  /** One line: why the link is what it is. */
  readonly why: string;
  readonly lastHandshakeAgoS: number | null;
  readonly rttMs: number | null;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly mtu: number;
  readonly endpoint: string | null;
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

/** How far a removal has got. */
export interface Coverage {
  readonly record: RecordId;
  /** Who was removed. */
  readonly target: Key;
  readonly have: number;
  readonly of: number;
  readonly missing: readonly { readonly key: Key; readonly offlineMs: number | null }[];
}

export interface MeshStatus {
  /** `off`: not wanted; `failed`: wanted and not there, `why` says it; the ledger goes on. */
  readonly state: 'off' | 'starting' | 'up' | 'failed';
  readonly why: string | null;
  readonly interface: string | null;
  readonly backend: string | null;
  readonly network: string | null;
  readonly address: string | null;
  readonly ipv4: string | null;
  readonly listenPort: number | null;
  readonly links: { readonly up: number; readonly of: number };
  /** Members whose heartbeats arrive. */
  readonly heard: number;
  /** This node has compared its ledger with a peer since it was away. */
  readonly reconciled: boolean;
  readonly coverage: readonly Coverage[];
  /** What somebody must look at, a line each. */
  readonly alarms: readonly string[];
  /** How far the system's clock is behind the calendar that is kept here. */
  readonly clockBehindMs: number;
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
