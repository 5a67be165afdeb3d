// What drivers report, step by step: prepared, started, looked at, ended, taken away. A word about
// a run that is not the present one moves nothing; and what turns out to run although nobody wants
// it is taken away. Spec: docs/running.md, "Leases".

import { tooLate } from './fence.ts';
import { cleared, end, ended, failure } from './host-ends.ts';
import { BUSY_SHARE } from './host-limits.ts';
import type { Input } from './host-state.ts';
import { checked } from './host-time.ts';
import { type Turn, UNWATCHED, again, change, enter, say, tagOf, watch } from './host-turn.ts';
import type { Lease, Run } from './lease.ts';
import { pastOf } from './past.ts';

type Of<Is extends Input['is']> = Extract<Input, { readonly is: Is }>;

/** The lease of a run, if it is the present one. */
function present({ host }: Turn, { id, generation, run }: Run): Lease | null {
  const lease = host.leases.get(id);
  if (lease === undefined || lease.generation !== generation) return null;
  return lease.life.run === run ? lease : null;
}

export function onPrepared(turn: Turn, { of }: Of<'prepared'>): void {
  const lease = present(turn, of);
  if (lease?.life.stage !== 'preparing') return;
  const late = tooLate(turn.host, lease, turn.now);
  if (late !== null) end(turn, lease, late);
  else enter(turn, lease, 'starting');
}

export function onStarted(turn: Turn, { of, startedAtMs, image }: Of<'started'>): void {
  const lease = present(turn, of);
  if (lease === null) {
    takeAway(turn, of);
    return;
  }
  const now = { runningSinceMs: turn.now.monoMs, startedAt: startedAtMs, image };
  switch (lease.life.stage) {
    case 'starting':
      enter(turn, lease, 'verifying', now);
      return;
    // Its end was wanted while it was being started.
    case 'stopping':
    case 'killing':
      again(turn, change(turn, lease, now));
      return;
    case 'clearing':
      again(turn, lease);
      return;
    default:
  }
}

/** A run that is not wanted any more was started all the same: its driver was slow. */
function takeAway(turn: Turn, { id, generation, run }: Run): void {
  const lease = turn.host.leases.get(id);
  // A later run of the same generation bears the same tag, and sees to what there is of it.
  if (lease?.generation === generation) return;
  const known = pastOf(turn.host.past, id) ?? lease;
  if (known === undefined) return;
  say(turn, id, { do: 'drive', act: 'destroy', tag: { ...tagOf(known), generation }, run });
}

export function onVerified(turn: Turn, { of, granted }: Of<'verified'>): void {
  const lease = present(turn, of);
  if (lease?.life.stage !== 'verifying') return;
  const { monoMs } = turn.now;
  // Of an earlier run nothing counts.
  const unasked = { isChecking: false, unwell: 0, wasWell: false };
  watch(turn, lease, { busyMs: monoMs, checkedMs: monoMs, ...unasked });
  enter(turn, lease, 'running', { granted });
  turn.out.push({ do: 'changed' });
}

export function onEnded(turn: Turn, { of, ending }: Of<'ended'>): void {
  const lease = present(turn, of);
  if (lease === null) return;
  switch (lease.life.stage) {
    case 'starting':
    case 'verifying':
    case 'running':
    case 'stopping':
    case 'killing':
      ended(turn, lease, ending);
      return;
    default:
  }
}

export function onDestroyed(turn: Turn, { of }: Of<'destroyed'>): void {
  const lease = present(turn, of);
  if (lease?.life.stage === 'clearing') cleared(turn, lease);
  // It did not die, and is gone all the same.
  else if (lease?.life.stage === 'killing') ended(turn, lease, null);
}

export function onFailed(turn: Turn, { of, act, code, why }: Of<'failed'>): void {
  const lease = present(turn, of);
  if (lease === null) return;
  const { stage } = lease.life;
  const reason = { failure: failure(code, act, why) };
  switch (act) {
    case 'prepare':
      if (stage === 'preparing') end(turn, lease, reason);
      return;
    case 'start':
      // Whatever was begun is taken away before anything else happens with it.
      if (stage === 'starting') ended(turn, { ...lease, life: { ...lease.life, ...reason } }, null);
      else if (stage === 'stopping' || stage === 'killing') ended(turn, lease, null);
      return;
    case 'verify':
      if (stage === 'verifying') end(turn, lease, reason);
      return;
    case 'stop':
      if (stage === 'stopping') enter(turn, lease, 'killing');
      return;
    case 'kill':
    case 'destroy':
      // Tried again when its time is over.
      say(turn, lease.id, { do: 'tell', tag: tagOf(lease), what: `${act}: ${why}` });
  }
}

export function onChecked(turn: Turn, { of, well }: Of<'checked'>): void {
  const lease = present(turn, of);
  if (lease?.life.stage !== 'running') return;
  const watched = turn.host.watched.get(lease.id) ?? UNWATCHED;
  if (!watched.isChecking) return;
  checked(turn, lease, well ? 0 : watched.unwell + 1);
}

export function onUsed(turn: Turn, { of, usage, cpuMs }: Of<'used'>): void {
  const lease = present(turn, of);
  if (lease === null) return;
  const before = turn.host.watched.get(lease.id) ?? UNWATCHED;
  const at = turn.now.monoMs;
  const took = cpuMs === null || before.cpuMs === null ? null : cpuMs - before.cpuMs;
  // Unknown use is use.
  const isBusy = took === null || took > (at - before.usedMs) * BUSY_SHARE;
  watch(turn, lease, { usage, cpuMs, usedMs: at, busyMs: isBusy ? at : before.busyMs });
}
