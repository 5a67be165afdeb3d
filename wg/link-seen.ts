// What WireGuard itself shows of a peer, and what follows: a handshake that answered a search, a
// peer that moved and was followed by WireGuard already. A peer that shows itself from a new
// address is followed, never fought. Spec: docs/links.md, "Roaming".

import {
  type Direct,
  type Found,
  type LinkInput,
  type LinkOut,
  type LinkState,
  type LinkStep,
  type Relayed,
} from './link-state.ts';
import { PROBE_FIRST_MS } from './link-limits.ts';
import { commonOf, nextProbe, signAt } from './link-search.ts';
import { enter } from './link-table.ts';

type Seen = Extract<LinkInput, { kind: 'seen' }>;

export function onSeen(state: LinkState, seen: Seen, nowMs: number): LinkStep {
  // Read before the last point was carried out: that peer is gone.
  if (seen.gen !== state.gen) return { state, out: [] };
  const { handshake, endpoint } = seen;
  if (handshake === null || endpoint === null) return { state, out: [] };
  const isNew = handshake !== state.handshake;
  const known = { ...state, handshake };
  switch (known.at) {
    case 'direct':
      return whileDirect(known, endpoint, isNew, nowMs);
    case 'relayed':
      return whileRelayed(known, endpoint, isNew, nowMs);
    default:
      return isNew ? answered(known, endpoint, nowMs) : { state, out: [] };
  }
}

type Unsettled = Exclude<LinkState, { at: 'direct' | 'relayed' }>;

/** A handshake where none was before: this is a path. */
function answered(state: Unsettled, endpoint: string, nowMs: number): LinkStep {
  const { lease } = state;
  if (lease !== null && lease.endpoint === endpoint) {
    const path = { relay: lease.relay, endpoint };
    const probes = state.at === 'probing' ? nextProbe(state, nowMs) : null;
    const to: Relayed = {
      ...commonOf(state),
      ...{ at: 'relayed', path, isProven: true, sinceMs: nowMs, misses: 0, ...signAt(nowMs) },
      ...(probes ?? { probes: 0, probeAtMs: nowMs + PROBE_FIRST_MS }),
    };
    return { state: byRelay(state, to), out: [SETTLE] };
  }
  const to: Direct = directAt(state, endpoint, foundAt(state, endpoint), nowMs);
  return { state: byItself(state, to), out: [SETTLE, { kind: 'keep', endpoint }] };
}

function byItself(from: Unsettled, to: Direct): Direct {
  return enter(from.at, 'shaken', to);
}

function byRelay(from: Unsettled, to: Relayed): Relayed {
  switch (from.at) {
    case 'idle':
      return enter('idle', 'leased', to);
    case 'probing':
      return enter('probing', 'over', to);
    default:
      return enter(from.at, 'shaken-by-relay', to);
  }
}

function directAt(state: LinkState, endpoint: string, found: Found, nowMs: number): Direct {
  return {
    ...commonOf(state),
    ...{ at: 'direct', endpoint, found, misses: 0, badRelay: null },
    ...{ ...signAt(nowMs), answerByMs: null },
  };
}

function foundAt(state: LinkState, endpoint: string): Found {
  return state.facts.candidates.find((one) => one.endpoint === endpoint)?.origin ?? 'roamed';
}

function whileDirect(state: Direct, endpoint: string, isNew: boolean, nowMs: number): LinkStep {
  const heard = isNew ? { ...signAt(nowMs), answerByMs: null } : {};
  if (endpoint === state.endpoint) return { state: { ...state, ...heard }, out: [] };
  const { lease } = state;
  if (lease !== null && lease.endpoint === endpoint) {
    // The peer did not hear us, and took to the relay: it will not answer elsewhere.
    const path = { relay: lease.relay, endpoint };
    const to: Relayed = {
      ...commonOf(state),
      ...{ at: 'relayed', path, isProven: true, sinceMs: nowMs, ...signAt(nowMs) },
      ...{ probes: 0, probeAtMs: nowMs + PROBE_FIRST_MS },
    };
    return { state: enter('direct', 'roamed-to-relay', to), out: [] };
  }
  const to = { ...state, ...heard, endpoint, found: foundAt(state, endpoint) };
  return { state: enter('direct', 'roamed', to), out: [{ kind: 'keep', endpoint }] };
}

function whileRelayed(state: Relayed, endpoint: string, isNew: boolean, nowMs: number): LinkStep {
  if (endpoint === state.path.endpoint) {
    if (!isNew) return { state, out: [] };
    const to = { ...state, isProven: true, misses: 0, ...signAt(nowMs) };
    return { state: enter('relayed', 'beat', to), out: [] };
  }
  // It reached us past the relay.
  const to = directAt(state, endpoint, foundAt(state, endpoint), nowMs);
  return { state: enter('relayed', 'roamed', to), out: [SETTLE, { kind: 'keep', endpoint }] };
}

const SETTLE: LinkOut = { kind: 'settle' };
