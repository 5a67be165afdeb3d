// A node changes its own WireGuard key: the next key is told in the ledger, the peers add it beside
// the old one and say so in their heartbeats, then the node switches and speaks to each of them.
// Nothing of this waits for a peer that is down, and after a crash it goes on where the ledger says
// that it was. Spec: docs/links.md, "Key rotation".

import type { Key } from '../proto/ids.ts';
import { ROTATE_AGAIN_MS, ROTATE_SPEAK_MS, ROTATE_WAIT_MS } from './link-limits.ts';

export type RotateOwn =
  | { readonly at: 'steady' }
  /** The next key is drawn and its record written; it may be in the ledger already. */
  | { readonly at: 'telling'; readonly alive: readonly Key[] }
  | {
      readonly at: 'waiting';
      readonly counter: number;
      /** Those that have not said yet that they know the key. */
      readonly missing: readonly Key[];
      readonly ready: readonly Key[];
      readonly untilMs: number;
    }
  | { readonly at: 'switching'; readonly ready: readonly Key[]; readonly late: readonly Key[] }
  | {
      readonly at: 'speaking';
      readonly ready: readonly Key[];
      readonly late: readonly Key[];
      /** Those whose answer under the new key was not seen. */
      readonly silent: readonly Key[];
      readonly againMs: number;
      readonly untilMs: number;
    };

export type RotateOwnInput =
  /** A person asks for it. `alive`: the peers that are heard now; nobody else is waited for. */
  | { readonly kind: 'start'; readonly alive: readonly Key[] }
  /** The record with the next key is in our ledger. */
  | { readonly kind: 'told'; readonly counter: number }
  /** It could not be written: nothing has changed. */
  | { readonly kind: 'failed' }
  /** A peer has our key of this counter on its interface. */
  | { readonly kind: 'acknowledged'; readonly node: Key; readonly counter: number }
  /** A peer is down, or no member any more. */
  | { readonly kind: 'gone'; readonly node: Key }
  /** The interface has the new key, and the old one is forgotten. */
  | { readonly kind: 'switched' }
  /** A handshake with a peer completed after the switch. */
  | { readonly kind: 'shaken'; readonly node: Key }
  | { readonly kind: 'tick' };

export type RotateOwnOut =
  | { readonly kind: 'tell' }
  | { readonly kind: 'switch' }
  /** Send the peer anything: it makes WireGuard shake hands under the new key. */
  | { readonly kind: 'speak'; readonly node: Key }
  /** `ready` had the key before it was used; `late` get it from the ledger. */
  | { readonly kind: 'done'; readonly ready: readonly Key[]; readonly late: readonly Key[] }
  | { readonly kind: 'given-up' };

export interface RotateOwnStep {
  readonly state: RotateOwn;
  readonly out: readonly RotateOwnOut[];
}

export const STEADY: RotateOwn = { at: 'steady' };

/**
 * After a start. `isDrawn`: a next key is on the disk; `isTold`: the ledger names it. No session
 * has outlived the process, so a key that was told is used at once.
 */
export function resumedRotation(isDrawn: boolean, isTold: boolean): RotateOwnStep {
  if (isDrawn && isTold) {
    return { state: { at: 'switching', ready: [], late: [] }, out: [{ kind: 'switch' }] };
  }
  if (isDrawn) return { state: { at: 'telling', alive: [] }, out: [{ kind: 'tell' }] };
  return { state: STEADY, out: [] };
}

export function stepRotateOwn(
  state: RotateOwn,
  input: RotateOwnInput,
  nowMs: number,
): RotateOwnStep {
  switch (input.kind) {
    case 'start':
      if (state.at !== 'steady') return same(state);
      return { state: { at: 'telling', alive: [...input.alive] }, out: [{ kind: 'tell' }] };
    case 'told':
      return state.at === 'telling' ? wait(state.alive, input.counter, nowMs) : same(state);
    case 'failed':
      return state.at === 'telling' ? { state: STEADY, out: [{ kind: 'given-up' }] } : same(state);
    case 'acknowledged': {
      if (state.at !== 'waiting' || input.counter < state.counter) return same(state);
      if (!state.missing.includes(input.node)) return same(state);
      const ready = [...state.ready, input.node];
      return switchIfReady({ ...state, ready, missing: without(state.missing, input.node) });
    }
    case 'gone':
      return onGone(state, input.node);
    case 'switched':
      return state.at === 'switching' ? speak(state, nowMs) : same(state);
    case 'shaken': {
      if (state.at !== 'speaking') return same(state);
      return doneIfHeard({ ...state, silent: without(state.silent, input.node) });
    }
    case 'tick':
      return onTime(state, nowMs);
  }
}

/** When it wants its next tick; infinite while it only waits for an answer. */
export function rotateOwnWakeAt(state: RotateOwn): number {
  if (state.at === 'waiting') return state.untilMs;
  if (state.at === 'speaking') return Math.min(state.againMs, state.untilMs);
  return Number.POSITIVE_INFINITY;
}

function same(state: RotateOwn): RotateOwnStep {
  return { state, out: [] };
}

function without(nodes: readonly Key[], node: Key): readonly Key[] {
  return nodes.filter((one) => one !== node);
}

type In<At extends RotateOwn['at']> = Extract<RotateOwn, { at: At }>;

function wait(alive: readonly Key[], counter: number, nowMs: number): RotateOwnStep {
  const untilMs = nowMs + ROTATE_WAIT_MS;
  return switchIfReady({ at: 'waiting', counter, missing: alive, ready: [], untilMs });
}

function switchIfReady(state: In<'waiting'>): RotateOwnStep {
  return state.missing.length > 0 ? same(state) : change(state);
}

function change({ ready, missing }: In<'waiting'>): RotateOwnStep {
  return { state: { at: 'switching', ready, late: missing }, out: [{ kind: 'switch' }] };
}

function speak({ ready, late }: In<'switching'>, nowMs: number): RotateOwnStep {
  const silent = [...ready, ...late];
  const [againMs, untilMs] = [nowMs + ROTATE_AGAIN_MS, nowMs + ROTATE_SPEAK_MS];
  const next = doneIfHeard({ at: 'speaking', ready, late, silent, againMs, untilMs });
  return { state: next.state, out: [...silent.map(wordTo), ...next.out] };
}

function wordTo(node: Key): RotateOwnOut {
  return { kind: 'speak', node };
}

function doneIfHeard(state: In<'speaking'>): RotateOwnStep {
  return state.silent.length > 0 ? same(state) : done(state);
}

function done({ ready, late }: In<'speaking'>): RotateOwnStep {
  return { state: STEADY, out: [{ kind: 'done', ready, late }] };
}

function onGone(state: RotateOwn, node: Key): RotateOwnStep {
  switch (state.at) {
    case 'telling':
      return same({ ...state, alive: without(state.alive, node) });
    case 'waiting':
      return switchIfReady({ ...state, missing: without(state.missing, node) });
    case 'speaking':
      return doneIfHeard({ ...state, silent: without(state.silent, node) });
    case 'steady':
    case 'switching':
      return same(state);
  }
}

function onTime(state: RotateOwn, nowMs: number): RotateOwnStep {
  if (nowMs < rotateOwnWakeAt(state)) return same(state);
  if (state.at === 'waiting') return change(state);
  if (state.at !== 'speaking') return same(state);
  // Whoever is silent until now is a matter of its link, as after any other silence.
  if (nowMs >= state.untilMs) return done(state);
  const againMs = nowMs + ROTATE_AGAIN_MS;
  return { state: { ...state, againMs }, out: state.silent.map(wordTo) };
}
