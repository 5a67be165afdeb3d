// What the screens know: documents of the daemon and of commands, as far as anything is drawn from
// them. Each may be unknown, old, or refused with a reason; a screen shows which.

import type { Key } from '../proto/ids.ts';
import type { Headroom, MeshStatus, PeerLink } from '../proto/status.ts';

export type Told<Value> =
  | { readonly state: 'unasked' }
  | { readonly state: 'held'; readonly value: Value; readonly atMs: number }
  /** With what was known before, where anything was. */
  | {
      readonly state: 'failed';
      readonly code: string;
      readonly what: string;
      readonly hint: string;
      readonly value: Value | null;
    };

export function valueOf<Value>(told: Told<Value>): Value | null {
  return told.state === 'unasked' ? null : told.value;
}

/** Everything that can be known, each with how often it is asked for while it is shown. */
export interface Known {
  /** The daemon. */
  readonly status: StatusFacts;
  readonly nodes: readonly NodeHeard[];
  readonly peers: readonly PeerLink[];
  readonly works: WorksFacts;
  readonly hosting: HostingFacts;
  readonly images: ImagesFacts;
  /**
   * The files of this machine, by commands: asked again when the ledger or what is staged moved.
   */
  readonly home: HomeFacts;
  readonly members: StateFacts;
  readonly roster: RosterFacts;
  readonly log: readonly RecordFacts[];
  readonly staged: StagedFacts;
  readonly tickets: TicketsFacts;
  /** What announces itself; looked for again and again while it is shown. */
  readonly candidates: CandidatesFacts;
}

export type Want = keyof Known;
export type Facts = { readonly [Name in Want]: Told<Known[Name]> };

const WANTS: readonly Want[] = [
  ...(['status', 'nodes', 'peers', 'works', 'hosting', 'images'] as const),
  ...(['home', 'members', 'roster', 'log', 'staged', 'tickets', 'candidates'] as const),
];

export const UNASKED: Facts = Object.fromEntries(
  WANTS.map((want) => [want, { state: 'unasked' }]),
) as unknown as Facts;

export interface StatusFacts {
  readonly pid: number;
  readonly version: string;
  readonly state: 'opening' | 'running' | 'stopping';
  readonly startedAt: number;
  readonly ledger: string | null;
  readonly node: Key;
  readonly member: boolean;
  readonly door: { readonly host: string; readonly port: number } | null;
  readonly lobby: number | null;
  readonly mesh: Omit<MeshStatus, 'network' | 'listenPort'>;
  readonly peers: readonly {
    readonly url: string;
    readonly key: Key | null;
    readonly failures: number;
    readonly syncedAt: number | null;
    readonly why: string | null;
  }[];
}

export interface OfferFacts {
  readonly taking: 'open' | 'recovering' | 'draining' | 'frozen';
  readonly kinds: readonly string[];
  readonly cpuMilli: number | null;
  readonly memMib: number | null;
  readonly diskMib: number | null;
  readonly held: number;
}

/** A node as the daemon hears it. */
export interface NodeHeard {
  readonly key: Key;
  readonly address: string;
  readonly ipv4: string | null;
  readonly liveness: string;
  readonly heardAgoMs: number | null;
  readonly headroom: Headroom | null;
  readonly offer: OfferFacts | null;
  readonly clockOffsetMs: number | null;
  readonly version: string | null;
  readonly agrees: boolean | null;
  readonly cloned: boolean;
  readonly relay: boolean;
  readonly lobby: boolean;
}

export interface OwnedFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly generation: number;
  readonly wish: 'run' | 'stop' | 'kill';
  readonly phase: 'planning' | 'reserving' | 'going' | 'following' | 'ended';
  readonly host: Key | null;
  readonly state: string | null;
  readonly standing: 'alive' | 'suspect' | 'unreachable' | null;
  readonly silentMs: number | null;
  readonly unknown: string | null;
  readonly ended: 'done' | 'failed' | 'stopped' | 'unplaced' | null;
  readonly why: string | null;
  readonly asked: readonly {
    readonly host: Key;
    readonly generation: number;
    readonly code: string;
    readonly why: string;
  }[];
  readonly past: readonly { readonly host: Key; readonly generation: number }[];
  readonly receipts: number;
  readonly placedAt: number;
  readonly endedAt: number | null;
}

export interface WorksFacts {
  readonly owned: readonly OwnedFacts[];
  readonly at: readonly {
    readonly id: string;
    readonly generation: number;
    readonly name: string;
    readonly kind: string | null;
    readonly owner: Key;
    readonly host: Key;
    readonly state: string;
  }[];
  readonly silent: readonly { readonly key: Key; readonly why: string }[];
  readonly names: Readonly<Record<string, string>>;
}

export interface HostingFacts {
  readonly phase: 'off' | OfferFacts['taking'];
  readonly why: string | null;
  readonly held: number;
  readonly running: number;
  readonly moving: number;
  readonly completed: number;
  readonly failed: number;
  readonly drivers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly usable: boolean | null;
    readonly what: string;
    readonly weaker: string | null;
  }[];
}

export interface ImageFacts {
  readonly id: string;
  readonly sizeBytes: number;
  readonly form: string;
  readonly names: readonly string[];
}

/** `kith image list --json`: what is here, what is on its way, and what other members have. */
export interface ImagesFacts {
  readonly held: readonly (ImageFacts & { readonly damaged: boolean })[];
  readonly partial: readonly { readonly id: string; readonly chunks: number }[];
  readonly elsewhere: readonly {
    readonly member: Key;
    readonly name: string;
    readonly images: readonly ImageFacts[];
  }[];
}

/** `kith status --json`. */
export interface HomeFacts {
  readonly folder: string;
  readonly ledger: string | null;
  readonly network?: string;
  readonly records?: number;
  readonly bytes?: number;
  readonly members?: { readonly operator: number; readonly node: number; readonly ticket: number };
  readonly removed?: number;
  readonly conflicts?: number;
  readonly frozen?: number;
  readonly staged?: number | null;
  readonly frontierRoot?: string;
  readonly stateRoot?: string;
  readonly heldBack?: string | null;
  readonly damage?: number;
  readonly here?: { readonly node: OwnFacts | null; readonly operator: OwnFacts | null };
}

/** A key of this machine; `stranger`: the ledger does not know it. */
export interface OwnFacts {
  readonly name: string | null;
  readonly fingerprint: string;
  readonly standing: 'active' | 'frozen' | 'removed' | 'stranger';
}

export interface MemberFacts {
  readonly key: Key;
  readonly class: 'operator' | 'node' | 'ticket';
  readonly rank: readonly number[];
  readonly root: boolean;
  readonly by: string;
  readonly name: string;
  readonly shown: string;
  readonly labels: readonly string[];
  readonly endpoints: readonly string[];
  readonly grants: readonly { readonly from: string; readonly grants: readonly GrantFacts[] }[];
  readonly ipv4?: string;
  readonly frozen?: number;
  readonly removed?: { readonly by: string; readonly author: Key; readonly seq: number };
}

export interface GrantFacts {
  readonly action: string;
  readonly [limit: string]: unknown;
}

/** `kith ledger state --json`. */
export interface StateFacts {
  readonly ledger: string;
  readonly network: string;
  readonly members: readonly MemberFacts[];
  readonly config: readonly { readonly key: string; readonly value?: unknown }[];
  readonly conflicts: readonly {
    readonly kind: string;
    readonly subject: string;
    readonly between: readonly string[];
  }[];
  readonly frozen: readonly { readonly author: Key; readonly seq: number }[];
  readonly records: number;
  readonly stateRoot: string;
  readonly frontierRoot: string;
}

/** `kith nodes --json`, of which the ledger's part is kept. */
export interface RosterFacts {
  readonly nodes: readonly {
    readonly name: string;
    readonly key: Key;
    readonly fingerprint: string;
    readonly labels: readonly string[];
    readonly endpoints: readonly string[];
    readonly standing: 'active' | 'frozen' | 'removed';
    readonly here: boolean;
    readonly admitted: string | null;
    readonly grants: readonly GrantFacts[];
  }[];
}

/** A line of `kith ledger log --json`. */
export interface RecordFacts {
  readonly id: string;
  readonly author: Key;
  readonly name: string;
  readonly seq: number;
  readonly kind: string;
  readonly ts: number;
  readonly farOff: boolean;
  readonly what: string;
  readonly void: boolean;
  readonly code?: string;
  readonly why?: string;
}

/** `kith staged --json`. */
export interface StagedFacts {
  readonly staged: readonly {
    readonly number: number;
    readonly deed: string;
    readonly id?: string;
    readonly record?: unknown;
    readonly refused?: { readonly code: string; readonly what: string; readonly hint: string };
  }[];
  readonly voids: readonly unknown[];
  /** What would change, and what would be void, in sentences. */
  readonly says: readonly string[];
}

/** `kith ticket list --json`. */
export interface TicketsFacts {
  readonly tickets: readonly {
    readonly key: Key;
    readonly name: string;
    readonly standing: 'open' | 'expired' | 'closed' | 'used';
    readonly expires: number;
    readonly admitted: Key | null;
  }[];
}

/** `kith candidates --json`. */
export interface CandidatesFacts {
  readonly candidates: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly fingerprint: string;
    readonly role: string;
    readonly source: string | null;
    readonly lobby: { readonly key: Key; readonly name: string } | null;
  }[];
  readonly lobbies: number | null;
  readonly silent: readonly { readonly url: string; readonly why: string }[];
}

/** An event of the daemon with the time at which it was heard. */
export interface EventFacts {
  readonly atMs: number;
  readonly event: { readonly event: string; readonly [field: string]: unknown };
}
