// What a link to one peer is made of: its states and what they hold, its inputs, and what it asks
// of the shell. The steps are in link.ts. Spec: docs/links.md, "The machine of a link".

import type { Key } from '../proto/ids.ts';
import type { Candidate, Origin } from './candidates.ts';
import { SILENCE_MS } from './link-limits.ts';

/** What the shell knows of the peer, told anew whenever it changes. */
export interface Facts {
  /** By candidatesOf. */
  readonly candidates: readonly Candidate[];
  /** Members that relay and that we reach ourselves, the preferred first. */
  readonly relays: readonly Key[];
  /** Both sides have an endpoint-dependent NAT: what others see of them helps neither. */
  readonly bothDependent: boolean;
}
export const NO_FACTS: Facts = { candidates: [], relays: [], bothDependent: false };

export interface Lease {
  readonly relay: Key;
  /** Where this side sends to: the relay's host as we reach it, and the port leased for us. */
  readonly endpoint: string;
}

/** Candidates in turn, a slot each. With none it waits a slot for the answer to its meet. */
export interface Search {
  readonly list: readonly Candidate[];
  /** Counted over all rounds. */
  readonly slot: number;
  readonly slots: number;
  readonly untilMs: number;
}

/** How a direct path was found; `roamed`: the peer showed itself from there. */
export type Found = Origin | 'roamed';

interface Common {
  readonly facts: Facts;
  /** Counts the `point`s: what was seen of WireGuard before the last one says nothing. */
  readonly gen: number;
  /** The last handshake that was seen of this `gen`; null: none yet. */
  readonly handshake: number | null;
  /** Of our last `meet`. */
  readonly metMs: number | null;
  /** When the network changed last, as far as it was acted upon. */
  readonly changedMs: number | null;
  /** The last lease of this pair, and when it was told: whether it is used is another matter. */
  readonly lease: (Lease & { readonly toldMs: number }) | null;
  /** A relay that has just failed: the last to be asked. */
  readonly badRelay: Key | null;
  /** What the last search tried: what is known then and was not among it is news. */
  readonly tried: readonly string[];
  /** Searches in a row that found nothing. */
  readonly misses: number;
}
type Stage<At extends string, Held = unknown> = Common & Held & { readonly at: At };

export type Idle = Stage<'idle'>;
export type Searching = Stage<'searching', { readonly search: Search }>;
export type Direct = Stage<
  'direct',
  {
    readonly endpoint: string;
    readonly found: Found;
    readonly heardMs: number;
    /** When it is asked for a sign of life, next. */
    readonly askAtMs: number;
    /** A sign of life is due by then; null: it is not in doubt. */
    readonly answerByMs: number | null;
  }
>;
export type Leasing = Stage<
  'leasing',
  { readonly relay: Key; readonly left: readonly Key[]; readonly untilMs: number }
>;
interface OnRelay {
  readonly path: Lease;
  /** The peer was heard over this path. */
  readonly isProven: boolean;
  readonly probes: number;
}
export type Relayed = Stage<
  'relayed',
  OnRelay & {
    readonly heardMs: number;
    readonly askAtMs: number;
    /** Since when the path is left alone. */
    readonly sinceMs: number;
    readonly probeAtMs: number;
  }
>;
export type Probing = Stage<'probing', OnRelay & { readonly search: Search }>;
export type Down = Stage<'down', { readonly retryAtMs: number }>;

/** Plain data: it can be stored and shown. */
export type LinkState = Idle | Searching | Direct | Leasing | Relayed | Probing | Down;

export type LinkInput =
  | { readonly kind: 'facts'; readonly facts: Facts }
  /** WireGuard's own view of the peer, read after the point of that number was carried out. */
  | {
      readonly kind: 'seen';
      readonly gen: number;
      /** Time of its last handshake, whatever the clock; null: none since it was added. */
      readonly handshake: number | null;
      readonly endpoint: string | null;
    }
  /** A heartbeat of the peer came over this link. */
  | { readonly kind: 'beat' }
  /** The peer said that it starts to look for us. */
  | { readonly kind: 'meet' }
  /** Our own network changed: an interface, an address, or what others see of us. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'leased'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly relay: Key }
  | { readonly kind: 'tick' };

export type LinkOut =
  /** Remove the peer, add it again with this endpoint; keepalive 1 s while punching, else 25 s. */
  | {
      readonly kind: 'point';
      readonly endpoint: string;
      readonly punch: boolean;
      readonly gen: number;
    }
  /** The path is good: keepalive 25 s from now on, without touching the rest. */
  | { readonly kind: 'settle' }
  /** Tell the peer, through any common peer, that we start now. */
  | { readonly kind: 'meet' }
  /** Ask this relay for two ports; `leased` or `refused`. */
  | { readonly kind: 'lease'; readonly relay: Key }
  /** Send the peer a heartbeat that wants an answer. */
  | { readonly kind: 'ask' }
  /** It was reached there: to be kept for the next start. */
  | { readonly kind: 'keep'; readonly endpoint: string };

export interface LinkStep {
  readonly state: LinkState;
  readonly out: readonly LinkOut[];
}

export function newLink(): LinkState {
  return {
    at: 'idle',
    facts: NO_FACTS,
    gen: 0,
    handshake: null,
    metMs: null,
    changedMs: null,
    lease: null,
    badRelay: null,
    tried: [],
    misses: 0,
  };
}

/** When the link wants its next tick; infinite where only something new can help. */
export function wakeAt(state: LinkState): number {
  switch (state.at) {
    case 'idle':
      return Number.POSITIVE_INFINITY;
    case 'searching':
    case 'probing':
      return state.search.untilMs;
    case 'direct':
      return Math.min(state.askAtMs, state.answerByMs ?? state.heardMs + SILENCE_MS);
    case 'leasing':
      return state.untilMs;
    case 'relayed':
      return Math.min(state.heardMs + SILENCE_MS, state.askAtMs, state.probeAtMs);
    case 'down':
      return state.retryAtMs;
  }
}

/** The candidate that is tried; null where none is known yet. */
export function currentOf({ list, slot }: Search): Candidate | null {
  return list[slot % list.length] ?? null;
}
