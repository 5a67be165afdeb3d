// What time alone does to a host: reservations lapse, stages run out of theirs, work ends that has
// run long enough or whose owner is silent, and what was said and not answered is said again.
// Looked at before any other input, so that nothing late is taken for being in time. Spec:
// docs/running.md, "Leases" and "Silence".

import type { Key } from '../proto/ids.ts';
import type { FailCode } from './failures.ts';
import { fenceMs, isFenced, tooLate } from './fence.ts';
import { end, ended, failure } from './host-ends.ts';
import { CHECK_SLACK_MS, FENCE_GRACE_MS, HELD_MS, PAST_MS, RENEW_MS } from './host-limits.ts';
import type { Watch } from './host-state.ts';
import {
  type Turn,
  UNWATCHED,
  again,
  drive,
  enter,
  retire,
  say,
  tagOf,
  watch,
} from './host-turn.ts';
import type { Lease, Stage } from './lease.ts';
import { pastAfter } from './past.ts';
import { STAGES } from './stages.ts';

export function onTime(turn: Turn): void {
  resume(turn);
  if (turn.host.recovering) return;
  for (const { id } of turn.host.leases.values()) look(turn, id);
  renew(turn);
  forget(turn);
}

/** A journal that could not be written is tried again, from where it stopped. */
function resume(turn: Turn): void {
  const { stalledUntilMs, pending } = turn.host;
  if (stalledUntilMs === null || turn.now.monoMs < stalledUntilMs) return;
  turn.host = { ...turn.host, stalledUntilMs: null };
  for (const { seq, entry } of pending) turn.out.push({ do: 'store', seq, entry });
}

function forget(turn: Turn): void {
  const past = pastAfter(turn.host.past, turn.now.monoMs - PAST_MS);
  if (past !== turn.host.past) turn.host = { ...turn.host, past };
}

/** What is held asks by itself; what is reserved or ending need not go on. */
const RENEWED: ReadonlySet<Stage> = new Set<Stage>([
  'waiting',
  'preparing',
  'starting',
  'verifying',
  'running',
]);

/**
 * Asks the owners of work that may be started elsewhere whether it may go on, about the piece that
 * was asked about longest ago. Only an answer counts, from the moment of the question: then owner
 * and host have heard each other, however late either of them was.
 */
function renew(turn: Turn): void {
  const { host, now } = turn;
  const next = new Map<Key, { lease: Lease; oldestMs: number; newestMs: number }>();
  for (const lease of host.leases.values()) {
    if (fenceMs(host, lease) === null || !RENEWED.has(lease.life.stage)) continue;
    const { renewedMs } = watchOf(turn, lease.id);
    const known = next.get(lease.owner);
    const isOldest = known === undefined || renewedMs < known.oldestMs;
    next.set(lease.owner, {
      lease: isOldest ? lease : known.lease,
      oldestMs: Math.min(renewedMs, known?.oldestMs ?? Infinity),
      newestMs: Math.max(renewedMs, known?.newestMs ?? 0),
    });
  }
  for (const { lease, newestMs } of next.values()) {
    if (now.monoMs - newestMs < RENEW_MS) continue;
    watch(turn, lease, { renewedMs: now.monoMs });
    say(turn, lease.id, { do: 'ask', tag: tagOf(lease), askedMs: now.monoMs });
  }
}

type Look = (turn: Turn, lease: Lease, tookMs: number) => void;

const LOOKS: Readonly<Record<Stage, Look>> = {
  reserved: (turn, lease, tookMs) => {
    if (isOver(lease, tookMs)) retire(turn, lease, null);
  },
  waiting: (turn, lease) => {
    const late = tooLate(turn.host, lease, turn.now);
    if (late !== null) end(turn, lease, late);
    else if (turn.now.monoMs >= lease.life.waitUntilMs && turn.host.draining !== 'frozen')
      enter(turn, lease, 'preparing');
  },
  preparing: (turn, lease, tookMs) => {
    const late = tooLate(turn.host, lease, turn.now);
    if (late !== null) end(turn, lease, late);
    else if (isOver(lease, tookMs)) fail(turn, lease, 'engine-silent', 'preparing took too long');
  },
  starting: (turn, lease, tookMs) => {
    if (isOver(lease, tookMs)) fail(turn, lease, 'engine-silent', 'the start took too long');
  },
  verifying: (turn, lease, tookMs) => {
    if (isOver(lease, tookMs)) fail(turn, lease, 'not-granted', 'nobody could look in time');
  },
  running: (turn, lease) => lookAtRun(turn, lease),
  stopping: (turn, lease) => {
    if (turn.now.monoMs >= graceMs(turn, lease)) enter(turn, lease, 'killing');
  },
  killing: (turn, lease) => {
    if (!isDue(turn, lease)) return;
    again(turn, lease);
    say(turn, lease.id, drive(lease, 'destroy'));
    const what = 'it does not end: killed again';
    say(turn, lease.id, { do: 'tell', tag: tagOf(lease), what });
  },
  closing: (turn, lease) => {
    if (isDue(turn, lease)) again(turn, lease);
  },
  clearing: (turn, lease) => {
    if (isDue(turn, lease)) again(turn, lease);
  },
  held: (turn, lease, tookMs) => {
    if (tookMs >= HELD_MS) {
      const why = 'its owner did not say whether it may go on';
      end(turn, lease, { failure: failure('owner-silent', 'held', why) });
    } else if (isDue(turn, lease)) {
      again(turn, lease);
    }
  },
};

function look(turn: Turn, id: string): void {
  const found = turn.host.leases.get(id);
  if (found === undefined) return;
  const lease = fenced(turn, found);
  LOOKS[lease.life.stage](turn, lease, turn.now.monoMs - lease.life.sinceMs);
}

/** What runs is stopped in time; what waits or is prepared sees to it by itself. */
function fenced(turn: Turn, lease: Lease): Lease {
  const { stage } = lease.life;
  if (stage !== 'starting' && stage !== 'verifying' && stage !== 'running') return lease;
  if (!isFenced(turn.host, lease, turn.now)) return lease;
  end(turn, lease, { outcome: 'held' });
  return turn.host.leases.get(lease.id) ?? lease;
}

function isOver({ life: { stage } }: Lease, tookMs: number): boolean {
  const { limitMs } = STAGES[stage];
  return limitMs !== null && tookMs >= limitMs;
}

/** Time to say again what the stage began with. */
function isDue(turn: Turn, { id, life: { stage } }: Lease): boolean {
  const { limitMs } = STAGES[stage];
  return limitMs !== null && turn.now.monoMs - watchOf(turn, id).actedMs >= limitMs;
}

function watchOf({ host }: Turn, id: string): Watch {
  return host.watched.get(id) ?? UNWATCHED;
}

function fail(turn: Turn, lease: Lease, code: FailCode, why: string): void {
  end(turn, lease, { failure: failure(code, lease.life.stage, why) });
}

/**
 * When a polite stop is over. Work that may start elsewhere has no longer than its fence leaves.
 */
function graceMs({ host }: Turn, lease: Lease): number {
  const { spec, life } = lease;
  const asked = life.sinceMs + spec.lifecycle.stopGraceS * 1_000;
  const fence = fenceMs(host, lease);
  return fence === null ? asked : Math.min(asked, fence + FENCE_GRACE_MS);
}

function lookAtRun(turn: Turn, lease: Lease): void {
  const { spec, life } = lease;
  const { maxRuntimeS, idleS } = spec.limits;
  const at = turn.now.monoMs;
  const ranMs = life.ranMs + at - (life.runningSinceMs ?? at);
  const idleMs = at - Math.max(watchOf(turn, lease.id).busyMs, life.runningSinceMs ?? at);
  if (lease.expiresMs !== null && at >= lease.expiresMs) {
    end(turn, lease, { asked: true });
  } else if (maxRuntimeS !== undefined && ranMs >= maxRuntimeS * 1_000) {
    fail(turn, lease, 'took-too-long', `it ran for ${maxRuntimeS} s`);
  } else if (idleS !== undefined && idleMs >= idleS * 1_000) {
    end(turn, lease, { asked: true });
  } else {
    lookAtHealth(turn, lease);
  }
}

function lookAtHealth(turn: Turn, lease: Lease): void {
  const { health } = lease.spec;
  if (health === undefined) return;
  const { checkedMs, isChecking, unwell } = watchOf(turn, lease.id);
  const sinceMs = turn.now.monoMs - checkedMs;
  if (isChecking) {
    // No answer is a bad one.
    if (sinceMs >= health.timeoutS * 1_000 + CHECK_SLACK_MS) checked(turn, lease, unwell + 1);
  } else if (sinceMs >= health.everyS * 1_000) {
    watch(turn, lease, { checkedMs: turn.now.monoMs, isChecking: true });
    say(turn, lease.id, { do: 'check', tag: tagOf(lease), run: lease.life.run });
  }
}

/** Too often in a row: it is stopped, and its policy says whether it begins anew. */
export function checked(turn: Turn, lease: Lease, unwell: number): void {
  const { health } = lease.spec;
  const wasWell = watchOf(turn, lease.id).wasWell || unwell === 0;
  const startS = health?.startS ?? 0;
  const ranMs = turn.now.monoMs - (lease.life.runningSinceMs ?? turn.now.monoMs);
  if (!wasWell && ranMs < startS * 1_000) {
    watch(turn, lease, { isChecking: false, unwell: 0 });
    return;
  }
  watch(turn, lease, { isChecking: false, unwell, wasWell });
  if (health === undefined || unwell < health.failures) return;
  const since = !wasWell && startS > 0 ? `, after the ${startS} s that it had to start` : '';
  fail(turn, lease, 'unhealthy', `${unwell} checks in a row went wrong${since}`);
}

/** Of a run that will never begin, since its start was not called for. */
export function unstarted(turn: Turn, lease: Lease): void {
  ended(turn, lease, null);
}
