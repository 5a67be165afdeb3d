// How a node and its mesh are, as its daemon tells it: the values that commands print, screens draw
// and metrics count. Everything unknown is null. Spec: docs/daemon.md, "The mesh".

import type { Key, RecordId } from './ids.ts';

/** `split`: divided into instances (MIG), so that its memory as a whole is nobody's to have. */
export type GpuState = 'fit' | 'unhealthy' | 'split';

export interface Gpu {
  readonly name: string;
  readonly vramMib: number | null;
  readonly vramFreeMib: number | null;
  readonly loadPercent: number | null;
  readonly state: GpuState;
}

export interface Headroom {
  /** Thousandths of a core. */
  readonly cpuMilli: number | null;
  readonly cpuFreeMilli: number | null;
  readonly ramMib: number | null;
  readonly ramFreeMib: number | null;
  readonly diskMib: number | null;
  readonly diskFreeMib: number | null;
  /** The load average of a minute, times 100. */
  readonly loadCenti: number | null;
  /** How many cards there are; null where that is unknown. */
  readonly gpuCount: number | null;
  /** Those that fitted into the packet. */
  readonly gpus: readonly Gpu[];
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
