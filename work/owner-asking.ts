// An owner asks hosts for one piece of work: a reservation at the best of the plan, at the next
// where that is refused, and then `go` at the one that has reserved. From the first `go` of a
// generation on that generation is that host's alone: the same is said to it again until it
// answers, and nobody else ever hears a `go` of it. Spec: docs/running.md, "The owner".

import type { Key } from '../proto/ids.ts';
import type { Answer, Head, RefusalCode, Request, SignedDocument } from './documents.ts';
import type { Asked, Ended, Live, Owned, Phase, Step } from './owned.ts';
import { withAsked } from './owned.ts';
import {
  ASK_AGAIN_MS,
  ASK_AGAIN_MS_MAX,
  DOUBT_MS,
  HOSTS_ASKED_MAX,
  PLAN_AGAIN_MS,
  RESERVE_TRIES_MAX,
  STATUS_EVERY_MS,
} from './owner-limits.ts';
import type { Turn } from './owner-state.ts';

/** Refusals that say nothing about the work: the same host is asked again. */
const NOT_YET: ReadonlySet<RefusalCode> = new Set(['recovering', 'stale-request', 'too-much']);
/** Refusals that every host would give. */
const NOWHERE: ReadonlySet<RefusalCode> = new Set(['past-start-by', 'stale-generation']);

/** Another state of the work, on the disk before anything that follows from it. */
export function kept(turn: Turn, live: Live, owned: Owned): Live {
  turn.out.push({ kind: 'keep', owned });
  return { ...live, owned };
}

export function tell(turn: Turn, { owned }: Live, step: Step): void {
  turn.out.push({ kind: 'tell', id: owned.id, step });
}

/** In another phase: nothing is asked yet, and it is looked at now. */
export function entered(turn: Turn, live: Live, phase: Phase, more: Partial<Owned> = {}): Live {
  const fresh: Live = {
    ...{ ...live, asking: null, tries: 0, silent: null },
    ...{ doubt: 'perhaps', dueMs: turn.watchMs },
  };
  return kept(turn, fresh, { ...live.owned, ...more, phase });
}

export function ended(
  turn: Turn,
  live: Live,
  host: Key | null,
  how: Ended,
  why: string,
  more: Partial<Owned> = {},
): Live {
  const phase: Phase = { at: 'ended', host, how, why };
  const next = entered(turn, live, phase, { ...more, endedAt: turn.wallMs });
  tell(turn, next, { what: 'ended', host, how, why });
  return { ...next, dueMs: Infinity };
}

/** No host has it: the next one is asked, or there is none. */
export function placedNext(turn: Turn, live: Live): Live {
  const { owned } = live;
  const { generation, order, hostsAsked, past, asked } = owned;
  if (owned.wish !== 'run') return ended(turn, live, null, 'stopped', 'it was taken back');
  const [host, ...rest] = order;
  if (host !== undefined && hostsAsked < HOSTS_ASKED_MAX) {
    const more = { order: rest, hostsAsked: hostsAsked + 1 };
    const next = entered(turn, live, { at: 'reserving', host }, more);
    tell(turn, next, { what: 'asking', host, generation });
    return asks(turn, next, host, 'reserve');
  }
  // What ran once and was lost with its host is not given up.
  if (past.length > 0) return { ...live, dueMs: turn.watchMs + PLAN_AGAIN_MS };
  const last = asked.at(-1);
  const why = last === undefined ? 'no node can take it' : `no other node can take it: ${last.why}`;
  return ended(turn, live, null, 'unplaced', why);
}

export function askedAgain(turn: Turn, live: Live): Live {
  const { phase } = live.owned;
  if (phase.at === 'reserving') {
    if (live.tries < RESERVE_TRIES_MAX) return asks(turn, live, phase.host, 'reserve');
    return leftSilent(turn, live, phase.host);
  }
  if (phase.at !== 'going') return live;
  return asks(turn, live, phase.host, live.owned.wish === 'run' ? 'go' : 'stop');
}

/** A reservation binds nobody: it is cancelled, where that can be heard, and lapses where not. */
function leftSilent(turn: Turn, live: Live, host: Key): Live {
  const { generation } = live.owned;
  const why = live.silent ?? 'no answer';
  const asked: Asked = { host, generation, code: 'no-answer', why };
  cancels(turn, live, host);
  tell(turn, live, { what: 'refused', ...asked });
  const next = entered(turn, live, { at: 'planning' }, withAsked(live.owned, asked));
  return placedNext(turn, next);
}

export function cancels(turn: Turn, { owned }: Live, host: Key): void {
  const request: Request = { ...headOf(turn, owned, host), say: 'cancel' };
  turn.cancels.push({ request, tries: 1, dueMs: turn.watchMs + ASK_AGAIN_MS });
  turn.out.push({ kind: 'ask', request });
}

/** The same request again, or a first one. */
export function asks(turn: Turn, live: Live, host: Key, say: 'reserve' | 'go' | 'stop'): Live {
  const request = live.asking?.say === say ? live.asking : requestOf(turn, live, host, say);
  turn.out.push({ kind: 'ask', request });
  const waitMs = Math.min(ASK_AGAIN_MS * 2 ** live.tries, ASK_AGAIN_MS_MAX);
  return { ...live, asking: request, tries: live.tries + 1, dueMs: turn.watchMs + waitMs };
}

function requestOf(
  turn: Turn,
  { owned }: Live,
  host: Key,
  say: 'reserve' | 'go' | 'stop',
): Request {
  const head = headOf(turn, owned, host);
  if (say === 'reserve') return { ...head, say, spec: owned.spec };
  return say === 'go' ? { ...head, say } : { ...head, say, kill: owned.wish === 'kill' };
}

function headOf({ self, wallMs }: Turn, { id, generation, digest }: Owned, to: Key): Head {
  return { v: 1, id, generation, digest, from: self, to, at: wallMs };
}

/** The answer to what is asked: any other is late, and says nothing any more. */
export function answered(turn: Turn, live: Live, answer: Answer, evidence: SignedDocument): Live {
  const { phase } = live.owned;
  switch (phase.at) {
    case 'reserving':
      return onReservation(turn, live, phase.host, answer, evidence);
    case 'going':
    case 'following':
      return onBound(turn, live, phase.host, answer, evidence);
    case 'planning':
    case 'ended':
      return live;
  }
}

function onReservation(
  turn: Turn,
  live: Live,
  host: Key,
  answer: Answer,
  evidence: SignedDocument,
): Live {
  if (answer.say === 'refused') return refusedBy(turn, live, host, answer, evidence);
  // It has it already: said by an owner whose disk has lost what came after.
  if (answer.say === 'going') return onBound(turn, live, host, answer, evidence);
  if (answer.say !== 'reserved') return live;
  const going: Live = { ...entered(turn, live, { at: 'going', host }), doubt: 'none' };
  tell(turn, going, { what: 'reserved', host });
  return asks(turn, going, host, 'go');
}

function onBound(
  turn: Turn,
  live: Live,
  host: Key,
  answer: Answer,
  evidence: SignedDocument,
): Live {
  const { asking, owned } = live;
  if (answer.say === 'going') {
    const { state } = answer;
    const next = entered(turn, live, { at: 'following', host, state });
    tell(turn, next, { what: 'state', host, state });
    // To the wish to stop it is an answer, too.
    const told = asking?.say === 'stop' ? owned.wish : live.told;
    return { ...next, told, dueMs: turn.watchMs + STATUS_EVERY_MS };
  }
  if (answer.say === 'done') {
    const state = owned.phase.at === 'following' ? owned.phase.state : 'stopping';
    return { ...entered(turn, live, { at: 'following', host, state }), told: owned.wish };
  }
  if (answer.say !== 'refused') return live;
  if (NOT_YET.has(answer.code)) return { ...live, asking: null, silent: answer.why };
  if (owned.phase.at === 'going') {
    if (asking?.say === 'go') {
      const isKnown = answer.code !== 'unknown-work' || live.doubt === 'asked';
      const isFirst = live.doubt === 'none' && live.tries === 1;
      if (isKnown || isFirst) return refusedBy(turn, live, host, answer, evidence);
      return doubted(turn, live, host, answer.why);
    }
    // It has nothing by that name, and would refuse a `go` that is still under way.
    return ended(turn, live, host, 'stopped', 'it was stopped before it was started');
  }
  return { ...live, asking: null, told: owned.wish };
}

/**
 * It knows nothing of it, and an earlier `go` has had no answer: it may have run there, ended, and
 * been forgotten since. Its receipt would say so.
 */
function doubted(turn: Turn, live: Live, host: Key, why: string): Live {
  const { id, generation } = live.owned;
  turn.out.push({ kind: 'receipt', to: host, id, generation });
  return {
    ...{ ...live, asking: null, tries: 0, silent: why },
    ...{ doubt: 'asked', dueMs: turn.watchMs + DOUBT_MS },
  };
}

type Refusal = Extract<Answer, { say: 'refused' }>;

/** Nothing of it runs there, and the host has signed that: the next one, by a generation anew. */
function refusedBy(
  turn: Turn,
  live: Live,
  host: Key,
  { code, why, needs, has }: Refusal,
  evidence: SignedDocument,
): Live {
  const { owned } = live;
  const numbers = needs === undefined || has === undefined ? {} : { needs, has };
  const asked: Asked = { host, generation: owned.generation, code, why, ...numbers };
  tell(turn, live, { what: 'refused', ...asked });
  const known = withAsked(owned, { ...asked, evidence });
  if (NOWHERE.has(code)) return ended(turn, live, null, 'unplaced', why, known);
  return placedNext(turn, entered(turn, live, { at: 'planning' }, elsewhere(known)));
}

/** A `go` of a generation has one addressee, ever. */
export function elsewhere(owned: Owned): Partial<Owned> {
  const wasBound = owned.phase.at === 'going' || owned.phase.at === 'following';
  return { ...owned, generation: owned.generation + (wasBound ? 1 : 0) };
}
