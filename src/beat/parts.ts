// What a running heart needs of the rest of the program, and what it offers: the mesh puts the two
// together, and a test can hold each end. Spec: docs/heartbeat.md, "The shell".

import type { Headroom } from '../../proto/status.ts';
import type { Compared, Roots } from '../../beat/agree.ts';
import type { CoverageLine, Removal } from '../../beat/coverage.ts';
import type { Offer } from '../../beat/offer.ts';
import type { HeartNews, Kept } from '../../beat/heart.ts';
import type { Beat, Rotation } from '../../beat/packet.ts';
import type { BeatCode } from '../../beat/refusals.ts';
import type { View } from '../../beat/view.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import type { Disk } from '../store/disk.ts';
import type { Wire } from './wire.ts';

/** What this host says of itself, apart from the ledger. Never waits: the last that is known. */
export interface HostFacts {
  readonly headroom: Headroom | null;
  /** What it still promises to new work; null: it takes none. */
  readonly offer: Offer | null;
  readonly work: Digest | null;
  readonly relay: boolean;
  readonly lobby: boolean;
}

export type HeartEvent =
  | HeartNews
  /** Equal ledgers and unequal states, or not any more. */
  | { readonly what: 'torn' | 'mended'; readonly key: Key }
  /** The heart goes on; what it could not do is named. */
  | { readonly what: 'failed'; readonly doing: string; readonly why: string };

export interface HeartParts {
  readonly self: Key;
  readonly ledger: RecordId;
  readonly version: string;
  /** Where `beat.json` and `heard.json` lie. */
  readonly folder: string;
  readonly disk: Disk;
  /** Opens the socket; `openWire` on the node's own mesh address. */
  readonly wire: (arrived: (bytes: Uint8Array, address: string) => void) => Promise<Wire>;
  /** The calendar clock of this node: it never falls below what was kept. */
  readonly calendarMs: () => number;
  /** By the node's key. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify: (key: Key, message: Uint8Array, signature: Uint8Array) => boolean;
  /** All members with their mesh addresses (exactly `::1` of each /96), this node too. */
  readonly roster: () => readonly { readonly key: Key; readonly address: string }[];
  readonly ledgerFacts: () => Roots;
  /** The removals in force, oldest first. */
  readonly removals: () => readonly Removal[];
  readonly facts: () => HostFacts;
  readonly observations: () => readonly Uint8Array[];
  readonly rotations: () => readonly Rotation[];
  readonly tell: (event: HeartEvent) => void;
}

export interface HeartStatus {
  readonly incarnation: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly checked: number;
  readonly dropped: Readonly<Partial<Record<BeatCode, number>>>;
  /** Members whose state is another under equal ledgers: alarms in force. */
  readonly torn: readonly (NonNullable<Compared['tear']> & { readonly key: Key })[];
}

export interface RunningHeart {
  liveness(key: Key): View;
  /** The newest packet of each member that is known. */
  packets(): ReadonlyMap<Key, Kept>;
  /** Whether a member's ledger is ours, by its last packet; null where it was not heard. */
  agreement(key: Key): Compared | null;
  coverage(): readonly CoverageLine[];
  status(): HeartStatus;
  /** Something that heartbeats tell has changed: speak now, or within the second. */
  beatNow(): void;
  /** Asks a member for a fresh packet. */
  ask(key: Key): void;
  /** The members or their addresses have changed. */
  rosterChanged(): void;
  /** These removals are carried out here. */
  carriedOut(removals: readonly RecordId[]): void;
  /** Hears each packet that is newer than all before. Answers how to stop. */
  onHeard(listener: (beat: Beat, firstHand: boolean) => void): () => void;
  /** Keeps what was heard, and is silent. */
  stop(): Promise<void>;
}
