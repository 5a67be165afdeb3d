// The host of work as one pure function: what it knows, an input and the time give what it knows
// then, and what the shell is to do. There is one of it, so that nothing is promised twice; nothing
// is answered or started before its entry is safe. Spec: docs/running.md.

import type { Key } from '../proto/ids.ts';
import { guard, tooLate } from './fence.ts';
import {
  onChecked,
  onDestroyed,
  onEnded,
  onFailed,
  onPrepared,
  onStarted,
  onUsed,
  onVerified,
} from './host-drivers.ts';
import { afresh, end, failure, mayRun } from './host-ends.ts';
import { HEARD_STORE_MS, STALL_MS } from './host-limits.ts';
import { onRecovered } from './host-recovery.ts';
import { onRequest } from './host-requests.ts';
import type { Effect, Host, Input, Pending, Stepped } from './host-state.ts';
import { onTime, unstarted } from './host-time.ts';
import { type Turn, UNWATCHED, again, enter, note, retire, stepped, turnOf } from './host-turn.ts';
import type { Moment } from './lease.ts';
import { STAGES } from './stages.ts';

export function stepHost(host: Host, input: Input, now: Moment): Stepped {
  const turn = turnOf(host, now);
  // First the time: what comes late must not pass for being in time.
  onTime(turn);
  onInput(turn, input);
  return stepped(turn);
}

function onInput(turn: Turn, input: Input): void {
  switch (input.is) {
    case 'request':
      return onRequest(turn, input);
    case 'stored':
      return onStored(turn, input.upTo);
    case 'unstored':
      return onUnstored(turn, input.from);
    case 'prepared':
      return onPrepared(turn, input);
    case 'started':
      return onStarted(turn, input);
    case 'verified':
      return onVerified(turn, input);
    case 'ended':
      return onEnded(turn, input);
    case 'destroyed':
      return onDestroyed(turn, input);
    case 'failed':
      return onFailed(turn, input);
    case 'checked':
      return onChecked(turn, input);
    case 'used':
      return onUsed(turn, input);
    case 'receipted':
      return onReceipted(turn, input);
    case 'facts':
      turn.host = { ...turn.host, facts: input.facts };
      return;
    case 'heard':
      return onHeard(turn, input.owner, input.missesUs);
    case 'verdict':
      return onVerdict(turn, input);
    case 'drain':
      turn.host = { ...turn.host, draining: input.to };
      turn.out.push({ do: 'changed' });
      return;
    case 'recovered':
      return onRecovered(turn, input.found);
    case 'look':
      return;
  }
}

function onStored(turn: Turn, upTo: number): void {
  const { pending } = turn.host;
  turn.host = { ...turn.host, pending: pending.filter(({ seq }) => seq > upTo) };
  for (const { seq, behind } of pending)
    if (seq <= upTo) for (const effect of behind) release(turn, effect);
}

/** What has waited for the disk may have been overtaken: then it is not done any more. */
function release(turn: Turn, effect: Effect): void {
  if (effect.do !== 'drive' || effect.act === 'destroy') {
    turn.out.push(effect);
    return;
  }
  const lease = turn.host.leases.get(effect.tag.id);
  if (lease?.generation !== effect.tag.generation || lease.life.run !== effect.run) return;
  const isWanted = STAGES[lease.life.stage].act === effect.act;
  const late = isWanted && effect.act === 'start' ? tooLate(turn.host, lease, turn.now) : null;
  if (late !== null) unstarted(turn, { ...lease, life: { ...lease.life, ...late } });
  else if (isWanted) {
    if (effect.act === 'start') guard(turn, lease);
    turn.out.push(effect);
  } else if (effect.act === 'start' && mayRun(lease)) unstarted(turn, lease);
}

/**
 * A reservation that could not be written is refused: if a part of it reached the disk after all,
 * it lapses. Everything else stays as it is and is written later.
 */
function onUnstored(turn: Turn, from: number): void {
  const { pending, leases } = turn.host;
  const left = new Map(leases);
  const undone = new Set<string>();
  for (const { seq, entry } of pending) {
    if (seq < from || entry.is !== 'taken') continue;
    if (left.get(entry.lease.id)?.life.stage !== 'reserved') continue;
    left.delete(entry.lease.id);
    undone.add(entry.lease.id);
  }
  const isUndone = ({ seq, entry }: Pending): boolean =>
    seq >= from && entry.is === 'taken' && undone.has(entry.lease.id);
  turn.host = {
    ...turn.host,
    ...{ leases: left, pending: pending.filter((it) => !isUndone(it)) },
    stalledUntilMs: turn.now.monoMs + STALL_MS,
  };
  const why = 'its journal cannot be written';
  for (const { behind } of pending.filter(isUndone))
    for (const effect of behind)
      if (effect.do === 'answer')
        turn.out.push({ ...effect, said: { say: 'refused', code: 'no-disk', why } });
}

function onReceipted(turn: Turn, { of }: Extract<Input, { readonly is: 'receipted' }>): void {
  const lease = turn.host.leases.get(of.id);
  if (lease?.generation !== of.generation || lease.life.stage !== 'closing') return;
  enter(turn, lease, 'clearing');
}

/** It is there: what waits for its word asks for that at once. */
function onHeard(turn: Turn, owner: Key, missesUs: boolean): void {
  if (missesUs) return;
  for (const lease of [...turn.host.leases.values()]) {
    const { actedMs } = turn.host.watched.get(lease.id) ?? UNWATCHED;
    const isDue = turn.now.monoMs - actedMs >= STALL_MS;
    if (lease.owner === owner && lease.life.stage === 'held' && isDue) again(turn, lease);
  }
}

/** The journal need not know every word: what it says is only ever too early. */
function hear(turn: Turn, owner: Key, atMs: number, storedMs: number): void {
  const isToStore = atMs - storedMs >= HEARD_STORE_MS;
  const hearing = { atMs, storedMs: isToStore ? atMs : storedMs };
  turn.host = { ...turn.host, heard: new Map(turn.host.heard).set(owner, hearing) };
  if (isToStore) note(turn, { is: 'heard', owner, atMs });
  for (const lease of turn.host.leases.values())
    if (lease.owner === owner && mayRun(lease)) guard(turn, lease);
}

/** The owner has spoken after the question was asked, and not only when its answer came. */
function onVerdict(turn: Turn, verdict: Extract<Input, { readonly is: 'verdict' }>): void {
  const { host } = turn;
  const lease = host.leases.get(verdict.id);
  if (lease?.generation !== verdict.generation) return;
  if (!verdict.keep) {
    const why = 'its owner does not want it here any more';
    const { stage } = lease.life;
    if (stage === 'reserved') retire(turn, lease, null);
    else end(turn, lease, { failure: failure('owner-silent', stage, why) });
    return;
  }
  const known = host.heard.get(lease.owner);
  if (verdict.askedMs > (known?.atMs ?? -Infinity))
    hear(turn, lease.owner, verdict.askedMs, known?.storedMs ?? -Infinity);
  if (lease.life.stage === 'held') enter(turn, lease, 'waiting', afresh(lease.life, 0));
}
