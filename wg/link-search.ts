// How a link looks for its peer: which addresses in which order, the next one when a slot is over,
// then a relay, then patience. Every change of the endpoint removes the peer and adds it again: a
// mere change of it waits for WireGuard's own retry, up to 5 s. Spec: docs/links.md, "Searching".

import { assert } from '../proto/assert.ts';
import type { Key } from '../proto/ids.ts';
import type { Candidate } from './candidates.ts';
import {
  ASK_AFTER_MS,
  CANDIDATES_MAX,
  DOWN_FIRST_MS,
  DOWN_MS_MAX,
  LEASE_MS,
  LEASE_TOLD_MS,
  MEET_GAP_MS,
  PROBE_FIRST_MS,
  PROBE_MS_MAX,
  PROBE_NEXT_MS,
  PROBE_SLOTS_MIN,
  ROUNDS,
  SLOT_MS,
} from './link-limits.ts';
import {
  type Facts,
  type Lease,
  type LinkOut,
  type LinkState,
  type LinkStep,
  type Probing,
  type Relayed,
  type Search,
  type Searching,
  currentOf,
} from './link-state.ts';
import { enter } from './link-table.ts';
import { scopeOf } from './scope.ts';

/** What is worth trying: between two endpoint-dependent NATs, only what needs no mapping. */
export function worthTrying({ candidates, bothDependent }: Facts): readonly Candidate[] {
  if (!bothDependent) return candidates;
  return candidates.filter(({ endpoint, origin }) => {
    if (origin === 'configured') return scopeOf(endpoint) === 'public';
    return origin === 'first' || origin === 'lan' || origin === 'ipv6';
  });
}

type Restart = Exclude<LinkState, { at: 'probing' }>;
type Pathless = Exclude<Restart, { at: 'direct' }>;

/** Looks for the peer from scratch; `told`: the peer started, and need not be told. */
export function search(state: Restart, nowMs: number, told: boolean): LinkStep {
  const list = listFor(state);
  const [first] = list;
  // Others may be known to it: that is asked for by the meet. Between two NATs that help nobody
  // nothing is worth waiting for.
  if (first === undefined && (told || !canAsk(state, nowMs))) {
    assert(state.at !== 'direct', 'a path that has worked is worth another try');
    return toRelay(state, nowMs);
  }
  const slots = Math.max(1, list.length * ROUNDS);
  const plan: Search = { list, slot: 0, slots, untilMs: nowMs + SLOT_MS };
  const met = told ? null : meetAt(state.metMs, nowMs);
  const common = { ...commonOf(state), metMs: met ?? state.metMs };
  const said = met === null ? [] : [MEET];
  if (first === undefined) {
    return { state: entered(state, { ...common, at: 'searching', search: plan }), out: said };
  }
  const gen = state.gen + 1;
  const tried = list.map(({ endpoint }) => endpoint);
  const to = { ...common, at: 'searching', search: plan, gen, handshake: null, tried } as const;
  return { state: entered(state, to), out: [pointOf(first.endpoint, true, gen), ...said] };
}

function canAsk({ facts, metMs }: Restart, nowMs: number): boolean {
  return facts.candidates.length === 0 && !facts.bothDependent && meetAt(metMs, nowMs) !== null;
}

function entered(from: Restart, to: Searching): Searching {
  if (from.at === 'searching') return enter(from.at, 'next', to);
  return enter(from.at, 'search', to);
}

/** A path that worked until now comes first if others still know of it, else last. */
function listFor(state: Restart): readonly Candidate[] {
  const list = worthTrying(state.facts);
  if (state.at !== 'direct') return list;
  const { endpoint } = state;
  const others = list.filter((one) => one.endpoint !== endpoint);
  const known = list.find((one) => one.endpoint === endpoint);
  return known === undefined
    ? [...others, { endpoint, origin: 'last' as const }].slice(-CANDIDATES_MAX)
    : [known, ...others];
}

/** Looks for a direct path while a relay carries the link: one round, and back. */
export function probe(state: Relayed, nowMs: number, told: boolean): LinkStep {
  const list = worthTrying(state.facts);
  const [first] = list;
  const met = told || state.facts.bothDependent ? null : meetAt(state.metMs, nowMs);
  if (first === undefined) {
    const later = { ...state, ...nextProbe(state, nowMs), metMs: met ?? state.metMs };
    return { state: later, out: met === null ? [] : [MEET] };
  }
  const { path, isProven, probes } = state;
  const untilMs = nowMs + SLOT_MS;
  const to: Probing = {
    ...commonOf(state),
    ...{ at: 'probing', path, isProven, probes, gen: state.gen + 1, handshake: null },
    search: { list, slot: 0, slots: Math.max(list.length, PROBE_SLOTS_MIN), untilMs },
    tried: list.map(({ endpoint }) => endpoint),
    metMs: met ?? state.metMs,
  };
  const out = [pointOf(first.endpoint, true, to.gen), ...(met === null ? [] : [MEET])];
  return { state: enter('relayed', 'probe', to), out };
}

/** The slot is over and nobody answered. */
export function nextSlot(state: Searching | Probing, nowMs: number): LinkStep {
  const slot = state.search.slot + 1;
  if (slot >= state.search.slots) {
    if (state.at === 'probing') return backToRelay(state, nowMs);
    return toRelay(state, nowMs);
  }
  const plan = { ...state.search, slot, untilMs: nowMs + SLOT_MS };
  const gen = state.gen + 1;
  // A new round: the first word may have been lost. Beside a relay there are later searches.
  const isNewRound = state.at === 'searching' && slot % plan.list.length === 0;
  const met = isNewRound ? meetAt(state.metMs, nowMs) : null;
  const moved = { gen, handshake: null, search: plan, metMs: met ?? state.metMs };
  const { endpoint } = currentOf(plan) as Candidate;
  const out = [pointOf(endpoint, true, gen), ...(met === null ? [] : [MEET])];
  if (state.at === 'searching') {
    return { state: enter('searching', 'next', { ...state, ...moved }), out };
  }
  return { state: enter('probing', 'next', { ...state, ...moved }), out };
}

/** No address answered, or none is worth a try. */
function toRelay(state: Pathless, nowMs: number): LinkStep {
  const { lease } = state;
  if (lease !== null && nowMs - lease.toldMs < LEASE_TOLD_MS && lease.relay !== state.badRelay) {
    return takeLease(state, lease, nowMs);
  }
  const bad = state.facts.relays.filter((relay) => relay === state.badRelay);
  const good = state.facts.relays.filter((relay) => relay !== state.badRelay);
  return askRelay(state, [...good, ...bad], nowMs);
}

/** Asks the first of these relays, the others later; where there is none the link is down. */
export function askRelay(state: Pathless, relays: readonly Key[], nowMs: number): LinkStep {
  const [relay, ...left] = relays;
  if (relay === undefined) return lost(state, nowMs);
  const untilMs = nowMs + LEASE_MS;
  const to = { ...commonOf(state), at: 'leasing', relay, left, untilMs } as const;
  return { state: enter(state.at, 'lease', to), out: [{ kind: 'lease', relay }] };
}

/** Sends everything over a relay from now on, until a direct path is found. */
export function takeLease(state: Pathless, lease: Lease, nowMs: number): LinkStep {
  const gen = state.gen + 1;
  const to: Relayed = {
    ...commonOf(state),
    ...{ at: 'relayed', path: { relay: lease.relay, endpoint: lease.endpoint } },
    ...{ isProven: false, probes: 0, gen, handshake: null },
    ...{ ...signAt(nowMs), sinceMs: nowMs, probeAtMs: nowMs + PROBE_FIRST_MS },
  };
  return { state: enter(state.at, 'leased', to), out: [pointOf(lease.endpoint, false, gen)] };
}

function backToRelay(state: Probing, nowMs: number): LinkStep {
  const { path, isProven } = state;
  const gen = state.gen + 1;
  const to: Relayed = {
    ...commonOf(state),
    ...{ at: 'relayed', path, isProven, gen, handshake: null, ...signAt(nowMs), sinceMs: nowMs },
    ...nextProbe(state, nowMs),
  };
  return { state: enter('probing', 'over', to), out: [pointOf(path.endpoint, false, gen)] };
}

/** 12 s after the relay was taken or the network changed, then 1, 2, 4 ... 60 min apart. */
export function nextProbe(
  { probes }: { readonly probes: number },
  nowMs: number,
): Pick<Relayed, 'probes' | 'probeAtMs'> {
  const nextMs = Math.min(PROBE_NEXT_MS * 2 ** Math.min(probes, 30), PROBE_MS_MAX);
  return { probes: probes + 1, probeAtMs: nowMs + (probes < 0 ? PROBE_FIRST_MS : nextMs) };
}

/** A sign of life, or the beginning of waiting for one. */
export function signAt(nowMs: number): { readonly heardMs: number; readonly askAtMs: number } {
  return { heardMs: nowMs, askAtMs: nowMs + ASK_AFTER_MS };
}

/** All was tried. WireGuard stays pointed at the likeliest address and goes on by itself. */
export function lost(state: Pathless, nowMs: number): LinkStep {
  const [first] = worthTrying(state.facts);
  const gen = first === undefined ? state.gen : state.gen + 1;
  const waitMs = Math.min(DOWN_FIRST_MS * 2 ** Math.min(state.misses, 30), DOWN_MS_MAX);
  // Nothing was ever known of it: there is nothing to wait for but news.
  if (state.at === 'idle') return { state, out: [] };
  const handshake = first === undefined ? state.handshake : null;
  const common = { ...commonOf(state), gen, handshake, misses: state.misses + 1 };
  const to = { ...common, at: 'down', retryAtMs: nowMs + waitMs } as const;
  const out = first === undefined ? [] : [pointOf(first.endpoint, false, gen)];
  return { state: enter(state.at, 'lost', to), out };
}

const MEET: LinkOut = { kind: 'meet' };

/** Now, where a meet may be sent: the other side hears at most one in a while. */
function meetAt(metMs: number | null, nowMs: number): number | null {
  return metMs === null || nowMs - metMs >= MEET_GAP_MS ? nowMs : null;
}

function pointOf(endpoint: string, punch: boolean, gen: number): LinkOut {
  return { kind: 'point', endpoint, punch, gen };
}

/** What every state holds, and nothing of the one that is left. */
export function commonOf(
  state: LinkState,
): Pick<
  LinkState,
  'facts' | 'gen' | 'handshake' | 'metMs' | 'changedMs' | 'lease' | 'badRelay' | 'tried' | 'misses'
> {
  const { facts, gen, handshake, metMs, changedMs, lease, badRelay, tried, misses } = state;
  return { facts, gen, handshake, metMs, changedMs, lease, badRelay, tried, misses };
}
