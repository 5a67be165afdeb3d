// The owner of work: the node on which somebody asked for it. It asks hosts, is the only one to
// give out generations, follows what runs and keeps what was said. A function of its state, one
// input and the time; the shell carries out what it answers, in order.
// Spec: docs/running.md, "The owner".

import { withEntry } from '../proto/entry.ts';
import type { Key } from '../proto/ids.ts';
import type { Request } from './documents.ts';
import type { Moment } from './lease.ts';
import type { Live, Owned } from './owned.ts';
import { answered, askedAgain, cancels, ended, kept, placedNext, tell } from './owner-asking.ts';
import {
  followed,
  isReplaced,
  lost,
  receiptCame,
  statusSaid,
  verdictOn,
} from './owner-following.ts';
import {
  ASK_AGAIN_MS,
  CANCELS_MAX,
  ENDED_KEPT_MAX,
  PLAN_AGAIN_MS,
  SUSPECT_MS,
} from './owner-limits.ts';
import {
  type Cancel,
  type Owner,
  type OwnerInput,
  type OwnerStep,
  type Turn,
  liveOf,
  silentMs,
  watchAt,
} from './owner-state.ts';

export function stepOwner(before: Owner, input: OwnerInput, now: Moment): OwnerStep {
  const watchMs = watchAt(before, now);
  const owner: Owner = { ...before, watchMs, lookedMs: Math.max(before.lookedMs, now.monoMs) };
  const turn: Turn = {
    ...{ self: owner.self, watchMs, wallMs: now.wallMs, out: [], cancels: [] },
  };
  const stepped = taken(owner, turn, input);
  return { owner: withCancels(stepped, turn), out: turn.out };
}

function taken(owner: Owner, turn: Turn, input: OwnerInput): Owner {
  switch (input.kind) {
    case 'place': {
      if (owner.works.has(input.owned.id)) return owner;
      return withWork(owner, placedNext(turn, liveOf(input.owned, turn.watchMs)));
    }
    case 'planned':
      return onWork(owner, input.id, (live) => planned(turn, live, input.order, input.why));
    case 'answer':
      return onAsked(heard(owner, turn, input.request.to), input.request, (live) =>
        answered(turn, live, input.answer, input.evidence),
      );
    case 'silent':
      return onAsked(owner, input.request, (live) => silent(turn, live, input.why));
    case 'status':
      return onWork(heard(owner, turn, input.from), input.id, (live) => {
        const { phase, generation } = live.owned;
        const isIts = phase.at === 'following' && phase.host === input.from;
        if (!isIts || generation !== input.generation) return live;
        return statusSaid(turn, live, input.state);
      });
    case 'receipt':
      return onWork(owner, input.receipt.id, (live) =>
        receiptCame(turn, live, input.receipt, input.evidence),
      );
    case 'heard':
      return heard(owner, turn, input.from);
    case 'mine':
      return mine(owner, turn, input.request);
    case 'wish':
      return onWork(owner, input.id, (live) => wished(turn, live, input.wish));
    case 'look':
      return looked(owner, turn);
  }
}

function withWork(owner: Owner, live: Live): Owner {
  return { ...owner, works: new Map(owner.works).set(live.owned.id, live) };
}

function onWork(owner: Owner, id: string, change: (live: Live) => Live): Owner {
  const live = owner.works.get(id);
  if (live === undefined) return owner;
  const next = change(live);
  return next === live ? owner : withWork(owner, next);
}

/** Only what is asked now has an answer; a cancel has one that is worth nothing but its end. */
function onAsked(owner: Owner, request: Request, change: (live: Live) => Live): Owner {
  if (request.say === 'cancel') {
    return { ...owner, cancels: owner.cancels.filter((one) => one.request !== request) };
  }
  return onWork(owner, request.id, (live) => {
    const { asking } = live;
    const isAsked =
      asking !== null &&
      asking.say === request.say &&
      asking.to === request.to &&
      asking.generation === request.generation &&
      asking.at === request.at;
    return isAsked ? change(live) : live;
  });
}

function planned(turn: Turn, live: Live, order: readonly Key[], why: string): Live {
  if (live.owned.phase.at !== 'planning') return live;
  if (order.length > 0) {
    const next = { ...live, owned: { ...live.owned, order, hostsAsked: 0 } };
    return placedNext(turn, next);
  }
  tell(turn, live, { what: 'waiting', why });
  return { ...live, dueMs: turn.watchMs + PLAN_AGAIN_MS };
}

function silent(turn: Turn, live: Live, why: string): Live {
  const { phase } = live.owned;
  const isNews = live.silent === null && (phase.at === 'going' || phase.at === 'following');
  if (isNews) tell(turn, live, { what: 'unknown', host: phase.host, why });
  return { ...live, silent: why };
}

function heard(owner: Owner, turn: Turn, from: Key): Owner {
  const wasAway = silentMs(owner, from, turn.watchMs) >= SUSPECT_MS;
  const next = { ...owner, heard: withEntry(owner.heard, from, turn.watchMs) };
  if (!wasAway) return next;
  // It is back: what is its own is asked after at once.
  const works = new Map(owner.works);
  for (const [id, live] of works) {
    const { phase } = live.owned;
    const isIts = phase.at !== 'planning' && phase.at !== 'ended' && phase.host === from;
    if (isIts) works.set(id, { ...live, dueMs: Math.min(live.dueMs, turn.watchMs) });
  }
  return { ...next, works };
}

/** Who is told to keep a copy may run it for as long again: its silence begins now. */
function mine(owner: Owner, turn: Turn, request: Request): Owner {
  const say = verdictOn(owner.works.get(request.id), request);
  turn.out.push({ kind: 'reply', request, say });
  if (say !== 'keep') return owner;
  return { ...owner, heard: withEntry(owner.heard, request.from, turn.watchMs) };
}

function wished(turn: Turn, live: Live, wish: 'stop' | 'kill'): Live {
  const { owned } = live;
  if (owned.phase.at === 'ended' || owned.wish === wish || owned.wish === 'kill') return live;
  const next = kept(turn, { ...live, dueMs: turn.watchMs }, { ...owned, wish });
  if (owned.phase.at === 'planning') return placedNext(turn, next);
  if (owned.phase.at !== 'reserving') return { ...next, asking: null, tries: 0 };
  cancels(turn, next, owned.phase.host);
  return ended(turn, next, null, 'stopped', 'it was taken back');
}

function looked(owner: Owner, turn: Turn): Owner {
  let works: Map<string, Live> | null = null;
  for (const [id, live] of owner.works) {
    const next = lookedAt(owner, turn, live);
    if (next === live) continue;
    works ??= new Map(owner.works);
    works.set(id, next);
  }
  return forgotten(repeated(works === null ? owner : { ...owner, works }, turn), turn);
}

function lookedAt(owner: Owner, turn: Turn, live: Live): Live {
  const { phase, spec } = live.owned;
  if (phase.at === 'ended') return live;
  if (phase.at !== 'planning' && isReplaced(live)) {
    const lostMs = spec.lifecycle.lostAfterS * 1_000;
    if (silentMs(owner, phase.host, turn.watchMs) >= lostMs) return lost(turn, live, phase.host);
  }
  if (live.dueMs > turn.watchMs) return live;
  if (phase.at === 'following') return followed(turn, live);
  if (phase.at !== 'planning') return askedAgain(turn, live);
  return plannedAgain(turn, live);
}

function plannedAgain(turn: Turn, live: Live): Live {
  const { owned } = live;
  if (owned.wish !== 'run' || owned.order.length > 0) return placedNext(turn, live);
  turn.out.push({ kind: 'plan', id: owned.id, avoid: [] });
  return { ...live, dueMs: turn.watchMs + PLAN_AGAIN_MS };
}

/** Cancels that nobody has answered to, again. */
function repeated(owner: Owner, turn: Turn): Owner {
  const isDue = ({ dueMs }: Cancel): boolean => dueMs <= turn.watchMs;
  if (!owner.cancels.some(isDue)) return owner;
  const left = owner.cancels.flatMap((one): Cancel[] => {
    if (!isDue(one)) return [one];
    if (one.tries >= CANCELS_MAX) return [];
    turn.out.push({ kind: 'ask', request: one.request });
    return [{ ...one, tries: one.tries + 1, dueMs: turn.watchMs + ASK_AGAIN_MS }];
  });
  return { ...owner, cancels: left };
}

/** Of what has ended the latest are remembered. */
function forgotten(owner: Owner, turn: Turn): Owner {
  const over = [...owner.works.values()].filter(({ owned }) => owned.endedAt !== undefined);
  if (over.length <= ENDED_KEPT_MAX) return owner;
  const atOf = ({ endedAt = 0 }: Owned): number => endedAt;
  const oldest = over.toSorted((a, b) => atOf(a.owned) - atOf(b.owned));
  const works = new Map(owner.works);
  for (const { owned } of oldest.slice(0, over.length - ENDED_KEPT_MAX)) {
    works.delete(owned.id);
    turn.out.push({ kind: 'forget', id: owned.id });
  }
  return { ...owner, works };
}

function withCancels(owner: Owner, turn: Turn): Owner {
  const made = turn.cancels;
  return made.length === 0 ? owner : { ...owner, cancels: [...owner.cancels, ...made] };
}
