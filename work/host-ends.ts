// How a run comes to its end here: who wanted that, what is made of its exit, and whether the work
// is started again, closed, or held until its owner answers. Spec: docs/running.md, "Ends".

import type { FailCode } from './failures.ts';
import { BACKOFF_MS, BACKOFF_MS_MAX, STEADY_MS } from './host-limits.ts';
import { type Turn, change, enter, retire } from './host-turn.ts';
import type { Ending, Failure, Lease, Life, Moment, Outcome } from './lease.ts';

export function failure(code: FailCode, phase: string, why: string): Failure {
  return { code, phase, why };
}

/** Whether a driver may have something of it that runs. */
export function mayRun({ life: { stage } }: Lease): boolean {
  return (
    stage === 'starting' ||
    stage === 'verifying' ||
    stage === 'running' ||
    stage === 'stopping' ||
    stage === 'killing'
  );
}

/**
 * Brings about the end of a lease: politely where it runs, at once where it does not. The first
 * reason counts. What is closing has ended already.
 */
export function end(turn: Turn, lease: Lease, why: Partial<Life>): void {
  const { life } = lease;
  const said: Partial<Life> = {
    failure: life.failure ?? why.failure ?? null,
    asked: life.asked || why.asked === true,
    outcome: why.outcome ?? life.outcome,
  };
  if (life.stage === 'closing') return;
  if (life.stage === 'clearing') {
    if (isBetween(life)) amend(turn, lease, said);
  } else if (!mayRun(lease)) {
    ended(turn, { ...lease, life: { ...life, ...said } }, life.ending);
  } else if (life.stage === 'stopping' || life.stage === 'killing') {
    amend(turn, lease, said);
  } else {
    enter(turn, lease, 'stopping', said);
  }
}

/** Another run is to follow. */
function isBetween({ outcome }: Life): boolean {
  return outcome === 'again' || outcome === 'held';
}

/** Only the reasons change: its stage goes on as it was, and nothing is begun again. */
function amend(turn: Turn, lease: Lease, said: Partial<Life>): void {
  const { failure: known, asked, outcome } = lease.life;
  if (known === said.failure && asked === said.asked && outcome === said.outcome) return;
  change(turn, lease, said);
}

/** A run has ended, or will never begin; null: nothing is known of how. */
export function ended(turn: Turn, lease: Lease, ending: Ending | null): void {
  const { life } = lease;
  const why = life.failure ?? (life.asked || ending === null ? null : failureOf(life, ending));
  const ranMs = ranOf(life, turn.now);
  const unknown: Ending = { exit: null, signal: null, oom: null, endedAtMs: turn.now.wallMs };
  const more: Partial<Life> = {
    ...{ ranMs: life.ranMs + ranMs, runningSinceMs: null, failure: why },
    ending: ending ?? unknown,
    quick: ranMs >= STEADY_MS ? 0 : life.quick,
  };
  const outcome = outcomeOf({ ...lease, life: { ...life, ...more } }, turn.now);
  const isToGoOn = outcome === 'again' || outcome === 'held';
  // `lease` may bring reasons that are not written yet.
  const whole: Partial<Life> = { ...life, ...more, outcome };
  enter(turn, lease, isToGoOn ? 'clearing' : 'closing', whole);
}

function ranOf({ runningSinceMs }: Life, { monoMs }: Moment): number {
  return runningSinceMs === null ? 0 : Math.max(0, monoMs - runningSinceMs);
}

function failureOf({ stage }: Life, { exit, signal, oom, crowded }: Ending): Failure | null {
  const phase = stage === 'starting' ? 'start' : 'run';
  if (oom === true) return failure('out-of-memory', phase, 'the kernel killed it for its memory');
  if (signal !== null) return failure('killed', phase, `by ${signal}`);
  if (exit === null || exit === 0) return null;
  const why = `it ended with ${exit}${crowded === true ? CROWDED : ''}`;
  return failure(phase === 'start' ? 'start-failed' : 'exit-code', phase, why);
}

const CROWDED = ', and the kernel had refused it processes beyond limits.pids';

/** After these the work is not started again here, whatever its policy. */
const FINAL: ReadonlySet<FailCode> = new Set<FailCode>([
  'start-late',
  'took-too-long',
  'not-granted',
  'image-wrong',
  'owner-silent',
]);

function isFinal({ asked, failure: why }: Life): boolean {
  return asked || (why !== null && FINAL.has(why.code));
}

function outcomeOf(lease: Lease, now: Moment): Outcome {
  const { life, spec } = lease;
  const { restart, maxRestarts } = spec.lifecycle;
  const plain: Outcome = life.failure === null ? 'done' : 'failed';
  if (isFinal(life)) return plain;
  if (life.outcome === 'held') return 'held';
  if (isExpired(lease, now)) return plain;
  // What has never run may do better elsewhere: its owner decides that.
  if (life.startedAt === null && life.failure?.code !== 'host-restarted') return plain;
  if (restart === 'never' || (restart === 'onFailure' && life.failure === null)) return plain;
  return maxRestarts !== undefined && life.restarts >= maxRestarts ? plain : 'again';
}

function isExpired({ expiresMs }: Lease, { monoMs }: Moment): boolean {
  return expiresMs !== null && monoMs >= expiresMs;
}

/** Nothing is left of the run: the room is free again, or the next run is waited for. */
export function cleared(turn: Turn, lease: Lease): void {
  const { life } = lease;
  if (isBetween(life) && isFinal(life)) {
    enter(turn, lease, 'closing', { outcome: life.asked ? 'done' : 'failed' });
  } else if (life.outcome === 'again') {
    const pauseMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** Math.min(life.quick, 16));
    const counts = { restarts: life.restarts + 1, quick: life.quick + 1 };
    enter(turn, lease, 'waiting', { ...afresh(life, turn.now.monoMs + pauseMs), ...counts });
  } else if (life.outcome === 'held') {
    enter(turn, lease, 'held', { outcome: null });
  } else {
    retire(turn, lease, life.outcome ?? 'failed');
  }
}

/** Another run, with nothing left of the last. */
export function afresh(life: Life, waitUntilMs: number): Partial<Life> {
  const blank = { outcome: null, failure: null, ending: null, granted: null };
  return { ...blank, run: life.run + 1, waitUntilMs };
}
