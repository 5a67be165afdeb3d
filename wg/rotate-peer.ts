// A peer changes its WireGuard key, as the others see it: the new key is added beside the old one,
// which carries the peer's prefix until the first packet under the new key proves that the peer
// uses it. The hand-over is never decided by what comes over the old connection, which ends with
// it. Spec: docs/links.md, "Key rotation".

import type { Key } from '../proto/ids.ts';
import { SILENCE_MS } from './link-limits.ts';

/** A WireGuard key of the peer, in the form that the ledger has. */
interface Known {
  readonly wg: Key;
  readonly counter: number;
}
export type RotatePeer =
  | ({ readonly at: 'single' } & Known)
  | ({
      readonly at: 'both';
      /** Carries the prefix meanwhile. */
      readonly old: Known;
      readonly isAdded: boolean;
      /** The peer was last heard, over the old connection. */
      readonly heardMs: number;
    } & Known);

export type RotatePeerInput =
  /** The ledger names this key; `isAlive`: the peer is heard at present. */
  | {
      readonly kind: 'ledger';
      readonly wg: Key;
      readonly counter: number;
      readonly isAlive: boolean;
    }
  /** The interface has the new key, without any prefix. */
  | { readonly kind: 'added'; readonly wg: Key }
  /**
   * Bytes came under this key: at least the initiation of a handshake, which only its holder makes.
   */
  | { readonly kind: 'received'; readonly wg: Key }
  | { readonly kind: 'beat' }
  | { readonly kind: 'tick' };

export type RotatePeerOut =
  /** The table is another: see carrierOf. */
  | { readonly kind: 'carry'; readonly carrier: Key | null }
  /** To be said in heartbeats: our interface knows the peer's key of this counter. */
  | { readonly kind: 'acknowledge'; readonly counter: number }
  /** Look at what came under the new key every few milliseconds, or no longer. */
  | { readonly kind: 'watch'; readonly isOn: boolean };

export interface RotatePeerStep {
  readonly state: RotatePeer;
  readonly out: readonly RotatePeerOut[];
}

export function knownPeer(wg: Key, counter: number): RotatePeer {
  return { at: 'single', wg, counter };
}

/** The older key that keeps the prefix; null: the one of the ledger has it. */
export function carrierOf(state: RotatePeer): Key | null {
  return state.at === 'both' ? state.old.wg : null;
}

export function stepRotatePeer(
  state: RotatePeer,
  input: RotatePeerInput,
  nowMs: number,
): RotatePeerStep {
  switch (input.kind) {
    case 'ledger':
      return onLedger(state, input, nowMs);
    case 'added':
      if (state.at !== 'both' || state.isAdded || input.wg !== state.wg) return same(state);
      return {
        state: { ...state, isAdded: true },
        out: [{ kind: 'acknowledge', counter: state.counter }],
      };
    case 'received':
      return state.at === 'both' && input.wg === state.wg ? move(state) : same(state);
    case 'beat':
      return same(state.at === 'both' ? { ...state, heardMs: nowMs } : state);
    case 'tick':
      return nowMs < rotatePeerWakeAt(state) ? same(state) : move(state);
  }
}

/** The old key serves as long as heartbeats come; after that the ledger is all that we have. */
export function rotatePeerWakeAt(state: RotatePeer): number {
  return state.at === 'both' ? state.heardMs + SILENCE_MS : Number.POSITIVE_INFINITY;
}

function same(state: RotatePeer): RotatePeerStep {
  return { state, out: [] };
}

type FromLedger = Extract<RotatePeerInput, { kind: 'ledger' }>;

function onLedger(state: RotatePeer, news: FromLedger, nowMs: number): RotatePeerStep {
  const { wg, counter, isAlive } = news;
  if (wg === state.wg) return same({ ...state, counter });
  const inUse: Known = state.at === 'both' ? state.old : { wg: state.wg, counter: state.counter };
  // Back to the key that it never left, or nobody there to be cut off.
  if (inUse.wg === wg || !isAlive) {
    const out: RotatePeerOut[] = state.at === 'both' ? [{ kind: 'watch', isOn: false }] : [];
    const acknowledge = { kind: 'acknowledge', counter } as const;
    return {
      state: { at: 'single', wg, counter },
      out: [{ kind: 'carry', carrier: null }, acknowledge, ...out],
    };
  }
  const next = { at: 'both', wg, counter, old: inUse, isAdded: false, heardMs: nowMs } as const;
  return {
    state: next,
    out: [
      { kind: 'carry', carrier: inUse.wg },
      { kind: 'watch', isOn: true },
    ],
  };
}

function move(state: RotatePeer): RotatePeerStep {
  const { wg, counter } = state;
  return {
    state: { at: 'single', wg, counter },
    out: [
      { kind: 'carry', carrier: null },
      { kind: 'watch', isOn: false },
    ],
  };
}
