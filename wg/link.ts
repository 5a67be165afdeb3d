// The machine of one link: how a node finds a peer, keeps the path, and finds it again. It points
// WireGuard at one address after the other until a handshake answers, goes to a relay where none
// does, and leaves a path alone while heartbeats come over it. Both sides run it, and a `meet`
// through a common peer lets them start together. Spec: docs/links.md, "The machine of a link".

import type { Key } from '../proto/ids.ts';
import type { Candidate } from './candidates.ts';
import {
  ANSWER_MS,
  ASK_AGAIN_MS,
  CANDIDATES_MAX,
  CHANGE_GAP_MS,
  DOUBT_ASK_MS,
  REST_MS,
  ROUNDS,
  SILENCE_MS,
} from './link-limits.ts';
import {
  askRelay,
  lost,
  nextSlot,
  probe,
  search,
  signAt,
  takeLease,
  worthTrying,
} from './link-search.ts';
import { onSeen } from './link-seen.ts';
import {
  type Direct,
  type Facts,
  type Lease,
  type LinkInput,
  type LinkState,
  type LinkStep,
  type Probing,
  type Relayed,
  type Searching,
  wakeAt,
} from './link-state.ts';
import { enter } from './link-table.ts';

/** `nowMs` is of a clock that never goes back. */
export function stepLink(state: LinkState, input: LinkInput, nowMs: number): LinkStep {
  switch (input.kind) {
    case 'facts':
      return onFacts(state, input.facts, nowMs);
    case 'seen':
      return onSeen(state, input, nowMs);
    case 'beat':
      return onBeat(state, nowMs);
    case 'meet':
      return onMeet(state, nowMs);
    case 'changed':
      return onChanged(state, nowMs);
    case 'leased':
      return onLeased(state, input.lease, nowMs);
    case 'refused':
      return onRefused(state, input.relay, nowMs);
    case 'tick':
      return nowMs < wakeAt(state) ? same(state) : onTime(state, nowMs);
  }
}

function same(state: LinkState): LinkStep {
  return { state, out: [] };
}

function onFacts(before: LinkState, facts: Facts, nowMs: number): LinkStep {
  const state = { ...before, facts };
  const fresh = worthTrying(facts).filter(({ endpoint }) => !state.tried.includes(endpoint));
  switch (state.at) {
    case 'idle':
      // With nothing known too: others may know.
      return search(state, nowMs, false);
    case 'down': {
      const isUseful =
        fresh.length > 0 || facts.relays.some((it) => !before.facts.relays.includes(it));
      return isUseful ? search(state, nowMs, false) : same(state);
    }
    case 'searching':
      if (state.search.list.length === 0 && fresh.length > 0) return search(state, nowMs, true);
      return same(withMore(state, fresh));
    case 'probing':
      return same(withMore(state, fresh));
    case 'relayed':
      // Another router, or a beacon of it on our own network: worth a try at once.
      return fresh.length > 0 ? probeSoon(state, nowMs) : same(state);
    case 'direct':
      return same(named(state));
    case 'leasing':
      return same(state);
  }
}

/** A path whose address was unknown before, or is on our own network as we hear by now. */
function named(state: Direct): Direct {
  const origin = state.facts.candidates.find(({ endpoint }) => endpoint === state.endpoint)?.origin;
  const isBetter = origin === 'lan' || (origin !== undefined && state.found === 'roamed');
  return isBetter ? { ...state, found: origin } : state;
}

/** Addresses that became known while others are tried come behind them, in the same rounds. */
function withMore<S extends Searching | Probing>(state: S, fresh: readonly Candidate[]): S {
  const { search: plan } = state;
  const known = new Set(plan.list.map(({ endpoint }) => endpoint));
  const more = fresh.filter(({ endpoint }) => !known.has(endpoint));
  const list = [...plan.list, ...more].slice(0, CANDIDATES_MAX);
  if (list.length === plan.list.length) return state;
  // The slot is counted in a list that has grown: what was tried stays tried.
  const slot = plan.slot % plan.list.length;
  const slots = state.at === 'searching' ? list.length * ROUNDS : Math.max(plan.slots, list.length);
  const tried = list.map(({ endpoint }) => endpoint);
  return { ...state, tried, search: { ...plan, list, slot, slots } };
}

function onBeat(state: LinkState, nowMs: number): LinkStep {
  switch (state.at) {
    case 'direct': {
      const heard = { ...signAt(nowMs), answerByMs: null };
      return { state: enter('direct', 'beat', { ...state, ...heard }), out: [] };
    }
    case 'relayed': {
      const heard = { ...signAt(nowMs), isProven: true, misses: 0 };
      return { state: enter('relayed', 'beat', { ...state, ...heard }), out: [] };
    }
    default:
      // A late one of a path that we left: only a handshake ends a search.
      return same(state);
  }
}

function onMeet(state: LinkState, nowMs: number): LinkStep {
  switch (state.at) {
    case 'idle':
    case 'down':
    case 'leasing':
      return search(state, nowMs, true);
    case 'searching': {
      // The other has just begun: a whole round from here on.
      const { list, slot } = state.search;
      const slots = Math.max(
        state.search.slots,
        Math.min(slot + list.length, 2 * ROUNDS * list.length),
      );
      return same({ ...state, search: { ...state.search, slots } });
    }
    case 'direct':
      // It may not hear us, or may just not have seen its own handshake.
      return doubt(state, nowMs);
    case 'relayed':
      return isRested(state, nowMs) ? probe(state, nowMs, true) : same(state);
    case 'probing':
      return same(state);
  }
}

/** A heartbeat that wants an answer, and a new search where none comes soon. */
function doubt(state: Direct, nowMs: number): LinkStep {
  if (state.answerByMs !== null) return same(state);
  const askAtMs = nowMs + DOUBT_ASK_MS;
  return { state: { ...state, askAtMs, answerByMs: nowMs + ANSWER_MS }, out: [{ kind: 'ask' }] };
}

/** A path over a relay that works is not broken for a search twice in a few seconds. */
function isRested({ sinceMs, isProven }: Relayed, nowMs: number): boolean {
  return !isProven || nowMs - sinceMs >= REST_MS;
}

function probeSoon(state: Relayed, nowMs: number): LinkStep {
  if (isRested(state, nowMs)) return probe(state, nowMs, false);
  return same({ ...state, probeAtMs: Math.min(state.probeAtMs, state.sinceMs + REST_MS) });
}

function onChanged(before: LinkState, nowMs: number): LinkStep {
  const { changedMs } = before;
  if (changedMs !== null && nowMs - changedMs < CHANGE_GAP_MS) return same(before);
  // From another network everything is worth another try.
  const state = { ...before, changedMs: nowMs, tried: [] };
  switch (state.at) {
    case 'idle':
    case 'down':
    case 'searching':
      return search(state, nowMs, false);
    case 'direct':
      return doubt(state, nowMs);
    case 'relayed':
      // One that finds nothing is as the first one: the other may not have heard of it in time.
      return probe({ ...state, probes: -1 }, nowMs, false);
    case 'leasing':
    case 'probing':
      return same(state);
  }
}

function onLeased(before: LinkState, lease: Lease, nowMs: number): LinkStep {
  const state = { ...before, lease: { ...lease, toldMs: nowMs } };
  switch (state.at) {
    case 'searching': {
      // The other has given up: finish the first round, then follow it.
      const { list, slot } = state.search;
      const slots = Math.min(state.search.slots, Math.max(slot + 1, list.length));
      return same({ ...state, search: { ...state.search, slots } });
    }
    case 'idle':
    case 'down':
    case 'leasing':
      return takeLease(state, lease, nowMs);
    case 'direct':
      return doubt(state, nowMs);
    case 'relayed':
      return prefers(state.path, lease) ? takeLease(state, lease, nowMs) : same(state);
    case 'probing':
      return same(prefers(state.path, lease) ? { ...state, path: lease } : state);
  }
}

/** Two relays at once, one asked by each side: both take the one with the lesser key. */
function prefers(path: Lease, lease: Lease): boolean {
  if (lease.relay === path.relay) return lease.endpoint !== path.endpoint;
  return lease.relay < path.relay;
}

function onRefused(state: LinkState, relay: Key, nowMs: number): LinkStep {
  if (state.at !== 'leasing' || state.relay !== relay) return same(state);
  return askRelay(state, state.left, nowMs);
}

function onTime(state: LinkState, nowMs: number): LinkStep {
  switch (state.at) {
    case 'idle':
      return same(state);
    case 'searching':
    case 'probing':
      return nextSlot(state, nowMs);
    case 'leasing':
      return askRelay(state, state.left, nowMs);
    case 'down':
      return search(state, nowMs, false);
    case 'direct':
      return whileSilent(state, nowMs);
    case 'relayed':
      return onRelayTime(state, nowMs);
  }
}

function whileSilent(state: Direct, nowMs: number): LinkStep {
  const { answerByMs, askAtMs, heardMs } = state;
  if (nowMs >= (answerByMs ?? heardMs + SILENCE_MS)) return search(state, nowMs, false);
  if (nowMs < askAtMs) return same(state);
  const againMs = answerByMs === null ? ASK_AGAIN_MS : DOUBT_ASK_MS;
  return { state: { ...state, askAtMs: nowMs + againMs }, out: [{ kind: 'ask' }] };
}

function onRelayTime(state: Relayed, nowMs: number): LinkStep {
  if (nowMs - state.heardMs < SILENCE_MS) {
    if (nowMs >= state.probeAtMs) return probe(state, nowMs, false);
    if (nowMs < state.askAtMs) return same(state);
    return { state: { ...state, askAtMs: nowMs + ASK_AGAIN_MS }, out: [{ kind: 'ask' }] };
  }
  const failed = { ...state, badRelay: state.path.relay, lease: null };
  // Nobody ever answered there: the peer is away, and no other relay will help.
  if (!state.isProven) return lost(failed, nowMs);
  return search(failed, nowMs, false);
}
