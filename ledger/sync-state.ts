// What a sync is made of: its inputs, what it asks of the shell, how it can end, and what it knows
// between two steps, all as plain values. Spec: docs/sync.md, "The machine".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Holdings, NO_TALLY, type Tally } from './sync-holdings.ts';
import type { Difference, Learned } from './sync-plan.ts';
import type { Walk } from './sync-walk.ts';
import type { Hello, Want } from './sync-wire.ts';

export type Outcome =
  /** The same records and the same state. */
  | { readonly kind: 'agree' }
  /** What could move has moved; these authors still differ. */
  | { readonly kind: 'differs'; readonly why: DiffersWhy; readonly authors: Differing }
  | { readonly kind: 'other-ledger'; readonly ledger: RecordId }
  /** The same frontier and rules and another state: one of the two computes wrongly. The alarm. */
  | { readonly kind: 'state-mismatch'; readonly ours: Digest; readonly theirs: Digest }
  /** The records are reconciled as far as two versions of the rules can; roots mean nothing. */
  | { readonly kind: 'other-rules'; readonly theirs: number; readonly authors: Differing }
  /** It sent a bad signature, or what no honest peer sends: drop it and back off. */
  | { readonly kind: 'faulty-peer'; readonly why: string }
  /** The connection or the peer gave up. Nothing is lost: the next sync goes on from here. */
  | { readonly kind: 'broken'; readonly why: string };
export type DiffersWhy = 'nothing moves' | 'too many useless pages' | 'too many rounds';
export interface Differing {
  readonly count: number;
  /** The first few, seniors first. */
  readonly first: readonly Key[];
}

export type Input =
  | { readonly kind: 'start' }
  /** The whole body of the reply to hello or walk. */
  | { readonly kind: 'reply'; readonly body: Uint8Array }
  /** A page of records went to the replica; `end` is its last line, null where it broke off. */
  | { readonly kind: 'page'; readonly tally: Tally; readonly end: string | null }
  | { readonly kind: 'pushed'; readonly body: Uint8Array }
  /** The request could not be made, after all the shell's own attempts. */
  | { readonly kind: 'failed'; readonly why: string };

/** Each step asks for exactly one thing, so `out` is one value and not a list. */
export type Out =
  | { readonly kind: 'hello'; readonly body: Uint8Array }
  | { readonly kind: 'walk'; readonly body: Uint8Array }
  /** Records come back: hand them to the replica as they come, then report the page. */
  | { readonly kind: 'pull'; readonly body: Uint8Array }
  | { readonly kind: 'push'; readonly lines: readonly string[] }
  | { readonly kind: 'done'; readonly outcome: Outcome; readonly moved: Moved };

/** What a sync has moved so far; `pushed` is what the peer says of it. */
export interface Moved {
  readonly rounds: number;
  readonly pulled: Tally;
  readonly pushed: Tally;
}

export interface Asked {
  readonly difference: Difference;
  readonly want: Want;
}
export type Phase =
  | { readonly at: 'new' }
  | { readonly at: 'hello'; readonly sent: Hello }
  | { readonly at: 'walk'; readonly walk: Walk }
  | { readonly at: 'pull'; readonly asked: readonly Asked[]; readonly rest: readonly Difference[] }
  | { readonly at: 'push'; readonly next: number; readonly from: number }
  | { readonly at: 'done' };

export interface SyncState {
  readonly phase: Phase;
  readonly theirRules: number;
  /** What the peer holds, by its own word: for a progress bar. */
  readonly theirCount: number;
  /**
   * Rounds in a row in which nothing moved. From the first on, even what will be refused is tried.
   */
  readonly idleRounds: number;
  readonly uselessPages: number;
  /** Moved when this round began. */
  readonly movedBefore: number;
  readonly moved: Moved;
  /** The authors that this round found to differ, in the order of asking. */
  readonly differing: readonly Difference[];
  readonly learned: ReadonlyMap<Key, Learned>;
  /** The entries that each author had when its lines were pushed. */
  readonly pushed: ReadonlyMap<Key, string>;
}

export interface Step {
  readonly state: SyncState;
  readonly out: Out;
}

/** What the machine reads: the replica as it is now, and hashing. */
export interface Ground {
  readonly holdings: Holdings;
  readonly platform: Platform;
}

export function newSync(): SyncState {
  return {
    phase: { at: 'new' },
    theirRules: 0,
    theirCount: 0,
    idleRounds: 0,
    uselessPages: 0,
    movedBefore: 0,
    moved: { rounds: 0, pulled: NO_TALLY, pushed: NO_TALLY },
    differing: [],
    learned: new Map(),
    pushed: new Map(),
  };
}
