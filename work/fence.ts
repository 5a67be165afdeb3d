// When work that may be started elsewhere must not run here: its owner has not answered for so long
// that it may count this host as lost. Counted by the monotonic clock of this host, from the moment
// at which the last question was asked that had an answer. Spec: docs/running.md, "Silence".

import { failure } from './host-ends.ts';
import { FENCE_MS, GUARD_MS } from './host-limits.ts';
import type { Host } from './host-state.ts';
import { type Turn, tagOf } from './host-turn.ts';
import type { Lease, Life, Moment } from './lease.ts';

/** By when it must have begun to stop; null: its owner never starts it elsewhere. */
export function fenceMs(host: Host, lease: Lease): number | null {
  const { onHostLoss, lostAfterS } = lease.spec.lifecycle;
  if (onHostLoss !== 'replace' || lease.owner === host.key) return null;
  const heardMs = host.heard.get(lease.owner)?.atMs;
  const last = Math.max(heardMs ?? -Infinity, lease.takenMs ?? -Infinity);
  return last + lostAfterS * 1_000 - FENCE_MS;
}

/** Tells the guard beside it until when it may run if this daemon says nothing more. */
export function guard(turn: Turn, lease: Lease): void {
  const atMs = fenceMs(turn.host, lease);
  if (atMs !== null) turn.out.push({ do: 'guard', tag: tagOf(lease), untilMs: atMs + GUARD_MS });
}

export function isFenced(host: Host, lease: Lease, { monoMs }: Moment): boolean {
  const atMs = fenceMs(host, lease);
  return atMs !== null && monoMs >= atMs;
}

/** Why it is too late to start it; null: it is not. */
export function tooLate(host: Host, lease: Lease, now: Moment): Partial<Life> | null {
  if (isFenced(host, lease, now)) return { outcome: 'held' };
  const { startByMs, expiresMs, life } = lease;
  if (expiresMs !== null && now.monoMs >= expiresMs) return { asked: true };
  // A restart is no start: the work has begun in time.
  if (startByMs === null || life.startedAt !== null || now.monoMs < startByMs) return null;
  const why = `limits.startBy was ${Math.ceil((now.monoMs - startByMs) / 1_000)} s ago`;
  return { failure: failure('start-late', life.stage, why) };
}
