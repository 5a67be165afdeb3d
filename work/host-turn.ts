// One step of a host while it is made: leases are taken, moved and let go of here and nowhere else,
// and each of that writes its entry first. What may not happen before an entry is safe waits behind
// it; effects of one lease keep their order. Spec: docs/running.md, "Journal".

import { assert } from '../proto/assert.ts';
import type { Act, Effect, Entry, Host, Pending, Stepped, Watch } from './host-state.ts';
import type { Lease, Life, Moment, Past, Stage, Tag } from './lease.ts';
import { remembered, withoutPast } from './past.ts';
import { STAGES } from './stages.ts';

export interface Turn {
  host: Host;
  readonly out: Effect[];
  readonly now: Moment;
}

export const UNWATCHED: Watch = {
  usage: { memMiB: null, diskMiB: null },
  ...{ cpuMs: null, usedMs: 0, busyMs: 0, checkedMs: 0, isChecking: false },
  ...{ unwell: 0, wasWell: false, actedMs: 0, renewedMs: 0 },
};

export function turnOf(host: Host, now: Moment): Turn {
  return { host, out: [], now };
}

export function stepped({ host, out }: Turn): Stepped {
  return { host, out };
}

/** Writes an entry; what is `behind` it waits until it is safe. */
function store(turn: Turn, entry: Entry, behind: readonly Effect[]): void {
  const seq = turn.host.seq + 1;
  turn.host = { ...turn.host, seq, pending: [...turn.host.pending, { seq, entry, behind }] };
  if (turn.host.stalledUntilMs === null) turn.out.push({ do: 'store', seq, entry });
}

export function note(turn: Turn, entry: Entry): void {
  store(turn, entry, []);
}

/** The lease that an entry is about. */
function subjectOf(entry: Entry): string | null {
  switch (entry.is) {
    case 'taken':
      return entry.lease.id;
    case 'moved':
      return entry.id;
    case 'gone':
      return entry.past.id;
    default:
      return null;
  }
}

/** At once, or behind what is still to be written about this lease. */
export function say(turn: Turn, id: string, effect: Effect): void {
  const { pending } = turn.host;
  const at = pending.findLastIndex(({ entry }) => subjectOf(entry) === id);
  const last = pending[at];
  if (last === undefined) {
    turn.out.push(effect);
    return;
  }
  const more: Pending = { ...last, behind: [...last.behind, effect] };
  turn.host = { ...turn.host, pending: pending.with(at, more) };
}

export function take(turn: Turn, lease: Lease, answer: Effect): void {
  const { host } = turn;
  assert(!host.leases.has(lease.id), 'a lease is taken once');
  turn.host = {
    ...host,
    leases: new Map(host.leases).set(lease.id, lease),
    past: withoutPast(host.past, lease.id),
  };
  store(turn, { is: 'taken', lease }, [answer]);
  turn.out.push({ do: 'changed' });
}

/** To a stage, with what it begins with. What only ends something need not wait for the disk. */
export function enter(turn: Turn, before: Lease, stage: Stage, more: Partial<Life> = {}): Lease {
  const { now } = turn;
  const life: Life = { ...before.life, ...more, stage, sinceMs: now.monoMs };
  const lease: Lease = { ...before, life };
  watch(turn, lease, { actedMs: now.monoMs });
  const effect = effectOf(lease, now);
  const isUrgent = stage === 'stopping' || stage === 'killing' || stage === 'held';
  if (effect !== null && isUrgent) say(turn, lease.id, effect);
  put(turn, lease, effect === null || isUrgent ? [] : [effect]);
  return lease;
}

/** Other facts of a lease in the same stage: nothing is begun. */
export function change(turn: Turn, before: Lease, more: Partial<Life>): Lease {
  const lease: Lease = { ...before, life: { ...before.life, ...more } };
  put(turn, lease, []);
  return lease;
}

function put(turn: Turn, lease: Lease, behind: readonly Effect[]): void {
  const { id, generation, life } = lease;
  turn.host = { ...turn.host, leases: new Map(turn.host.leases).set(id, lease) };
  store(turn, { is: 'moved', id, generation, life }, behind);
}

/** What its stage begins with, said again: the first may be lost. */
export function again(turn: Turn, lease: Lease): void {
  watch(turn, lease, { actedMs: turn.now.monoMs });
  const effect = effectOf(lease, turn.now);
  if (effect !== null) say(turn, lease.id, effect);
}

function effectOf(lease: Lease, now: Moment): Effect | null {
  const { act } = STAGES[lease.life.stage];
  if (act === null) return null;
  if (act === 'receipt') return { do: 'receipt', lease, run: lease.life.run };
  if (act === 'ask') return { do: 'ask', tag: tagOf(lease), askedMs: now.monoMs };
  return drive(lease, act);
}

export function drive(lease: Lease, act: Act): Effect {
  return { do: 'drive', act, tag: tagOf(lease), run: lease.life.run };
}

export function tagOf({ id, generation, digest, owner }: Tag): Tag {
  return { id, generation, digest, owner };
}

/** Lets go of a lease and of its room. `answer` waits for it. */
export function retire(turn: Turn, lease: Lease, state: Past['state'], answer?: Effect): void {
  const leases = new Map(turn.host.leases);
  leases.delete(lease.id);
  const past: Past = { state, ...tagOf(lease), atMs: turn.now.monoMs };
  const { completed, failed } = turn.host;
  turn.host = {
    ...turn.host,
    ...{ leases, watched: without(turn.host.watched, lease.id) },
    past: remembered(turn.host.past, past),
    completed: completed + (state === 'done' ? 1 : 0),
    failed: failed + (state === 'failed' ? 1 : 0),
  };
  store(turn, { is: 'gone', past }, answer === undefined ? [] : [answer]);
  turn.out.push({ do: 'changed' });
}

export function watch(turn: Turn, { id }: Lease, more: Partial<Watch>): void {
  const { watched } = turn.host;
  const before = watched.get(id) ?? UNWATCHED;
  turn.host = { ...turn.host, watched: new Map(watched).set(id, { ...before, ...more }) };
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
