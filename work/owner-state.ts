// What an owner holds, what comes in to it and what it wants done, as values. Whatever is to be
// done stands in order: what is to be kept is on the disk before anything behind it is carried out.
// Spec: docs/running.md, "The owner".

import type { Digest, Key } from '../proto/ids.ts';
import type { Answer, LeaseState, Receipt, Request, SignedDocument } from './documents.ts';
import type { Moment } from './lease.ts';
import type { Live, Owned, Step } from './owned.ts';
import { LOOK_GAP_MS_MAX } from './owner-limits.ts';
import type { Spec } from './spec.ts';

export interface Owner {
  readonly self: Key;
  /** A clock that stands still while nobody looks: our own sleep makes nobody else silent. */
  readonly watchMs: number;
  readonly lookedMs: number;
  /** When each node was heard last, first-hand; before its start an owner has heard nobody. */
  readonly heard: ReadonlyMap<Key, number>;
  readonly works: ReadonlyMap<string, Live>;
  /** Reservations that are not used, and how often their host was told so. */
  readonly cancels: readonly Cancel[];
}

export interface Cancel {
  readonly request: Request;
  readonly tries: number;
  readonly dueMs: number;
}

export type OwnerInput =
  /** Kept already, and new: `ownedAnew`. */
  | { readonly kind: 'place'; readonly owned: Owned }
  /** What was asked for by `plan`; empty: it fits nowhere, and `why`. */
  | {
      readonly kind: 'planned';
      readonly id: string;
      readonly order: readonly Key[];
      readonly why: string;
    }
  /** By the one who was asked, signed, and to this request. */
  | {
      readonly kind: 'answer';
      readonly request: Request;
      readonly answer: Answer;
      readonly evidence: SignedDocument;
    }
  | { readonly kind: 'silent'; readonly request: Request; readonly why: string }
  /** How a host says that a generation is; null: it knows nothing of it. */
  | {
      readonly kind: 'status';
      readonly from: Key;
      readonly id: string;
      readonly generation: number;
      readonly state: LeaseState | null;
    }
  /** Its signature is that of the host that it names. */
  | { readonly kind: 'receipt'; readonly receipt: Receipt; readonly evidence: SignedDocument }
  /** A heartbeat, from its subject itself. */
  | { readonly kind: 'heard'; readonly from: Key }
  /** A host asks whether a generation is still its own to run; the request is signed by it. */
  | { readonly kind: 'mine'; readonly request: Request }
  | { readonly kind: 'wish'; readonly id: string; readonly wish: 'stop' | 'kill' }
  /** Time has passed: about once a second. */
  | { readonly kind: 'look' };

export type OwnerOut =
  /** On the disk, before what follows is done. */
  | { readonly kind: 'keep'; readonly owned: Owned }
  | { readonly kind: 'forget'; readonly id: string }
  /** Sign it and send it; say `answer` or `silent`. */
  | { readonly kind: 'ask'; readonly request: Request }
  | {
      readonly kind: 'status';
      readonly to: Key;
      readonly id: string;
      readonly generation: number;
    }
  | {
      readonly kind: 'receipt';
      readonly to: Key;
      readonly id: string;
      readonly generation: number;
    }
  /** Plan it anew, without these; say `planned`. */
  | { readonly kind: 'plan'; readonly id: string; readonly avoid: readonly Key[] }
  | { readonly kind: 'reply'; readonly request: Request; readonly say: 'keep' | 'drop' | null }
  | { readonly kind: 'tell'; readonly id: string; readonly step: Step };

export interface OwnerStep {
  readonly owner: Owner;
  readonly out: readonly OwnerOut[];
}

/** One step while it is made: what time it is, and where what is to be done goes. */
export interface Turn {
  readonly self: Key;
  readonly watchMs: number;
  readonly wallMs: number;
  readonly out: OwnerOut[];
  readonly cancels: Cancel[];
}

/** An owner that has just started: all that was kept is looked at now, and silence begins now. */
export function startOwner(self: Key, kept: readonly Owned[], { monoMs }: Moment): Owner {
  const works = kept.map((owned): [string, Live] => [owned.id, liveOf(owned, 0)]);
  return {
    ...{ self, watchMs: 0, lookedMs: monoMs, heard: new Map() },
    ...{ works: new Map(works), cancels: [] },
  };
}

export function liveOf(owned: Owned, dueMs: number): Live {
  // What an earlier process has said, and what became of it, is not known.
  return { owned, asking: null, told: 'run', tries: 0, doubt: 'perhaps', silent: null, dueMs };
}

/** Work that is placed for the first time. */
export function ownedAnew(
  spec: Spec & { readonly id: string },
  digest: Digest,
  order: readonly Key[],
  placedAt: number,
): Owned {
  return {
    ...{ id: spec.id, spec, digest, generation: 1, wish: 'run', phase: { at: 'planning' } },
    ...{ order, hostsAsked: 0, asked: [], past: [], receipts: [], placedAt },
  };
}

/** The watch, now. */
export function watchAt({ watchMs, lookedMs }: Owner, { monoMs }: Moment): number {
  return watchMs + Math.min(Math.max(monoMs - lookedMs, 0), LOOK_GAP_MS_MAX);
}

/** How long a host has not been heard; a start of the owner counts as hearing everybody. */
export function silentMs({ self, heard }: Owner, host: Key, watchMs: number): number {
  return host === self ? 0 : watchMs - (heard.get(host) ?? 0);
}
