// A host out of its journal: what was reserved stands before anything else happens, nothing is
// taken or started until every driver has said what it found, what runs is left alone, and what is
// gone is told or started again by its policy. Spec: docs/running.md, "Recovery".

import type { Key } from '../proto/ids.ts';
import { guard, isFenced } from './fence.ts';
import { afresh, ended, failure } from './host-ends.ts';
import { GO_MS } from './host-limits.ts';
import { momentsOf } from './host-requests.ts';
import type { Entry, Facts, Found, Host } from './host-state.ts';
import { type Turn, again, change, enter, note, retire, say, tagOf, watch } from './host-turn.ts';
import type { Lease, Life, Moment } from './lease.ts';
import { type PastBook, allPast, bookOf, pastOf, remembered } from './past.ts';

const NOTHING_KNOWN: Facts = {
  ...{ cpuMilli: null, memMiB: null, diskMiB: null },
  ...{ memAvailableMiB: null, diskAvailableMiB: null, cards: null },
};

interface Replay {
  boot: string | null;
  readonly leases: Map<string, Lease>;
  past: PastBook;
  readonly heard: Map<Key, number>;
  completed: number;
  failed: number;
}

/** `boot` names this start of the machine: times of an earlier one are not ours. */
export function hostFrom(key: Key, entries: readonly Entry[], boot: string, now: Moment): Host {
  const said: Replay = {
    ...{ boot: null, leases: new Map(), past: bookOf([]), heard: new Map() },
    ...{ completed: 0, failed: 0 },
  };
  for (const entry of entries) replay(said, entry);
  const isSameBoot = said.boot === boot;
  const leases = [...said.leases.values()].map((lease) =>
    isSameBoot ? lease : rebooted(lease, now),
  );
  const past = allPast(said.past).map((it) => (isSameBoot ? it : { ...it, atMs: now.monoMs }));
  const heard = isSameBoot ? [...said.heard] : [];
  return {
    ...{ key, boot, isNewBoot: !isSameBoot, recovering: true, draining: 'no' },
    leases: new Map(leases.map((lease) => [lease.id, lease])),
    watched: new Map(),
    past: bookOf(past),
    facts: NOTHING_KNOWN,
    heard: new Map(heard.map(([owner, atMs]) => [owner, { atMs, storedMs: atMs }])),
    ...{ completed: said.completed, failed: said.failed },
    ...{ seq: 0, pending: [], stalledUntilMs: null },
  };
}

function replay(said: Replay, entry: Entry): void {
  switch (entry.is) {
    case 'boot':
      if (said.boot !== entry.boot) {
        said.heard.clear();
        said.past = bookOf(allPast(said.past).map((it) => ({ ...it, atMs: 0 })));
      }
      said.boot = entry.boot;
      return;
    case 'taken':
      said.leases.set(entry.lease.id, entry.lease);
      return;
    case 'moved': {
      const lease = said.leases.get(entry.id);
      if (lease?.generation === entry.generation)
        said.leases.set(entry.id, { ...lease, life: entry.life });
      return;
    }
    case 'gone':
      if (said.leases.get(entry.past.id)?.generation === entry.past.generation)
        said.leases.delete(entry.past.id);
      said.past = remembered(said.past, entry.past);
      said.completed += entry.past.state === 'done' ? 1 : 0;
      said.failed += entry.past.state === 'failed' ? 1 : 0;
      return;
    case 'heard':
      said.heard.set(entry.owner, entry.atMs);
      return;
    case 'counts':
      said.completed = entry.completed;
      said.failed = entry.failed;
  }
}

/** Its times anew: by the clock that began with this start of the machine. */
function rebooted(lease: Lease, now: Moment): Lease {
  const times = { takenMs: null, ...momentsOf(lease.spec, now) };
  const life = { sinceMs: now.monoMs, waitUntilMs: 0, runningSinceMs: null };
  return { ...lease, ...times, life: { ...lease.life, ...life } };
}

/** Everything that a journal has to hold, as one that begins anew. */
export function snapshotOf(host: Host): Entry[] {
  return [
    { is: 'boot', boot: host.boot },
    ...allPast(host.past).map((past): Entry => ({ is: 'gone', past })),
    { is: 'counts', completed: host.completed, failed: host.failed },
    ...[...host.leases.values()].map((lease): Entry => ({ is: 'taken', lease })),
    ...[...host.heard].map(([owner, { atMs }]): Entry => ({ is: 'heard', owner, atMs })),
  ];
}

/** Every driver has looked: from here on the host takes work. */
export function onRecovered(turn: Turn, found: readonly Found[]): void {
  if (!turn.host.recovering) return;
  const { leases, isNewBoot, boot } = turn.host;
  // Their times of this start of the machine come before the word that it is this one: without that
  // word all of them are made anew once more.
  if (isNewBoot) for (const lease of leases.values()) note(turn, { is: 'taken', lease });
  if (isNewBoot) note(turn, { is: 'boot', boot });
  turn.host = { ...turn.host, recovering: false, isNewBoot: false };
  const byId = new Map<string, Found>();
  for (const it of found) {
    const lease = turn.host.leases.get(it.tag.id);
    if (lease?.generation === it.tag.generation && lease.digest === it.tag.digest)
      byId.set(lease.id, it);
    else stray(turn, it);
  }
  for (const lease of [...turn.host.leases.values()])
    resume(turn, lease, byId.get(lease.id) ?? null);
  turn.out.push({ do: 'changed' });
}

/** What is known to be over is taken away; what nobody knows is left alone, and told. */
function stray(turn: Turn, { tag }: Found): void {
  const past = pastOf(turn.host.past, tag.id);
  if (past !== undefined && past.digest === tag.digest && past.generation >= tag.generation)
    turn.out.push({ do: 'drive', act: 'destroy', tag, run: 0 });
  else turn.out.push({ do: 'tell', tag, what: 'it runs here, and nothing is reserved for it' });
}

function resume(turn: Turn, lease: Lease, found: Found | null): void {
  const { life } = lease;
  switch (life.stage) {
    case 'reserved':
      // Of an earlier start of the machine: nobody can know how long ago.
      if (lease.takenMs === null || turn.now.monoMs - life.sinceMs >= GO_MS)
        retire(turn, lease, null);
      return;
    case 'waiting':
      return;
    case 'preparing':
      again(turn, lease);
      return;
    case 'starting':
    case 'verifying':
    case 'running':
    case 'stopping':
    case 'killing':
      if (found === null) missing(turn, lease);
      else adopt(turn, lease, found);
      return;
    case 'closing':
    case 'clearing':
    case 'held':
      again(turn, lease);
  }
}

/** It is there, and is left as it is: its stage goes on. */
function adopt(turn: Turn, lease: Lease, { startedAtMs, image }: Found): void {
  const { life } = lease;
  const at = turn.now.monoMs;
  guard(turn, lease);
  say(turn, lease.id, { do: 'adopt', tag: tagOf(lease), run: life.run });
  watch(turn, lease, { busyMs: at, checkedMs: at, actedMs: at });
  const known: Partial<Life> = {
    runningSinceMs: life.runningSinceMs ?? at,
    ...{ startedAt: life.startedAt ?? startedAtMs, image: life.image ?? image },
  };
  if (life.stage === 'starting') enter(turn, lease, 'verifying', known);
  else if (life.stage === 'running') change(turn, lease, known);
  else enter(turn, lease, life.stage, known);
}

/**
 * It is not there. What was to be started in this start of the machine never was, and is now; what
 * ran has gone with the machine, or behind our back; or by its guard, and then its owner is asked.
 */
function missing(turn: Turn, lease: Lease): void {
  const { life, takenMs } = lease;
  if (life.stage === 'starting' && takenMs !== null) {
    enter(turn, lease, 'waiting', afresh(life, 0));
    return;
  }
  if (takenMs !== null && isFenced(turn.host, lease, turn.now)) {
    ended(turn, { ...lease, life: { ...life, outcome: life.outcome ?? 'held' } }, null);
    return;
  }
  const isWanted = !life.asked && life.failure === null && life.outcome === null;
  const why = failure('host-restarted', life.stage, 'the host came up without it');
  const known = isWanted ? { ...life, failure: why } : life;
  ended(turn, { ...lease, life: known }, null);
}
