// One piece of work as its owner knows it: which host has it, by which generation, and what was
// said on the way. `Owned` is kept on the disk before anything that follows from it is said to
// anybody; what stands beside it in `Live` is forgotten with the process.
// Spec: docs/running.md, "The owner".

import type { Digest, Key } from '../proto/ids.ts';
import type { LeaseState, RefusalCode, Request, SignedDocument } from './documents.ts';
import type { FailCode } from './failures.ts';
import { ASKED_KEPT_MAX, PAST_KEPT_MAX, RECEIPTS_KEPT_MAX } from './owner-limits.ts';
import type { Spec } from './spec.ts';

export type Wish = 'run' | 'stop' | 'kill';

export type Phase =
  /** No host has it, and none is asked: it waits for a plan. */
  | { readonly at: 'planning' }
  | { readonly at: 'reserving'; readonly host: Key }
  /** `go` may have been said: from here on it is this host's alone, answered or not. */
  | { readonly at: 'going'; readonly host: Key }
  /** The host has said that it goes, and how it goes on. */
  | { readonly at: 'following'; readonly host: Key; readonly state: LeaseState }
  | { readonly at: 'ended'; readonly host: Key | null; readonly how: Ended; readonly why: string };

/** `unplaced`: nothing was ever started; `stopped`: a person took it back before that. */
export type Ended = 'done' | 'failed' | 'stopped' | 'unplaced';

/** A host that did not take it, or could not start it. */
export interface Asked {
  readonly host: Key;
  readonly generation: number;
  readonly code: RefusalCode | FailCode | 'no-answer';
  readonly why: string;
  readonly needs?: number;
  readonly has?: number;
  /** The signed refusal or receipt. */
  readonly evidence?: SignedDocument;
}

/** A copy that a lost host may still have. */
export interface Copy {
  readonly host: Key;
  readonly generation: number;
}

export interface Owned {
  readonly id: string;
  /** As every host gets it. */
  readonly spec: Spec;
  readonly digest: Digest;
  /** The highest that was ever given out; only the owner counts it. */
  readonly generation: number;
  readonly wish: Wish;
  readonly phase: Phase;
  /** Hosts that are asked next, the best first. */
  readonly order: readonly Key[];
  /** How many were asked since it was planned from nothing. */
  readonly hostsAsked: number;
  readonly asked: readonly Asked[];
  readonly past: readonly Copy[];
  readonly receipts: readonly SignedDocument[];
  readonly placedAt: number;
  readonly endedAt?: number;
}

export interface Live {
  readonly owned: Owned;
  /** What was asked and is not answered. */
  readonly asking: Request | null;
  /** The wish that its host has answered to. */
  readonly told: Wish;
  readonly tries: number;
  /** Whether a `go` that is refused may have been preceded by one that was not. */
  readonly doubt: 'none' | 'perhaps' | 'asked';
  /** Why the last try brought no answer; null: none has failed. */
  readonly silent: string | null;
  /** When it is looked at next, by the watch. */
  readonly dueMs: number;
}

/** What a person is shown while it happens. */
export type Step =
  | { readonly what: 'asking'; readonly host: Key; readonly generation: number }
  | ({ readonly what: 'refused' } & Omit<Asked, 'evidence'>)
  | { readonly what: 'reserved'; readonly host: Key }
  | { readonly what: 'unknown'; readonly host: Key; readonly why: string }
  | { readonly what: 'state'; readonly host: Key; readonly state: LeaseState }
  | { readonly what: 'lost'; readonly host: Key; readonly generation: number }
  | { readonly what: 'waiting'; readonly why: string }
  | {
      readonly what: 'ended';
      readonly host: Key | null;
      readonly how: Ended;
      readonly why: string;
    };

export function hostOf({ phase }: Owned): Key | null {
  return phase.at === 'planning' ? null : phase.host;
}

export function withAsked(owned: Owned, asked: Asked): Owned {
  return { ...owned, asked: [...owned.asked, asked].slice(-ASKED_KEPT_MAX) };
}

export function withPast(owned: Owned, copy: Copy): Owned {
  return { ...owned, past: [...owned.past, copy].slice(-PAST_KEPT_MAX) };
}

export function withReceipt(owned: Owned, receipt: SignedDocument): Owned {
  return { ...owned, receipts: [...owned.receipts, receipt].slice(-RECEIPTS_KEPT_MAX) };
}
