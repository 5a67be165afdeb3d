// What the local API asks of the host of work here, and of hosts elsewhere for its logs. Spec:
// docs/daemon.md, "Work".

import { fromBase64url, toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { hostOf } from '../../work/owned.ts';
import type { Host } from '../../work/host-state.ts';
import type { Lease } from '../../work/lease.ts';
import { nowMs } from '../os/clock.ts';
import { type WorkFigures, workFigures } from '../work/metrics.ts';
import type { Figure } from '../mesh/metrics.ts';
import type { WorkPlace } from '../work/elsewhere.ts';
import { isNamed } from '../work/found.ts';
import type { Work } from '../work/working.ts';
import type { HostingBehind } from './hosting-api.ts';
import type {
  DriverFacts,
  HostingReplies,
  HostingRequests,
  Readiness,
  ReadyWork,
} from './hosting-routes.ts';
import { DaemonFault } from './refusals.ts';
import type { Daemon } from './running.ts';

export function hostingBehind(daemon: Daemon): HostingBehind {
  return {
    workReady: () => readinessOf(daemon),
    workFreeze(frozen) {
      if (daemon.work === null) throw new DaemonFault('no-work-here');
      daemon.work.freeze(frozen);
      return { frozen };
    },
    workLog(asked) {
      if (daemon.work === null) throw new DaemonFault('no-work-here');
      return logOf(daemon.work, daemon.voice.publicKey, asked);
    },
    async workType({ id: named, bytes }) {
      if (daemon.work === null) throw new DaemonFault('no-work-here');
      const typed = fromBase64url(bytes);
      if (typed === null) throw new DaemonFault('bad-request', 'bytes');
      const place = placeHere(daemon.work, daemon.voice.publicKey, named);
      if (place === null) throw new DaemonFault('no-such-work', named);
      const { host, id, generation } = place;
      try {
        return { taken: await daemon.work.reaching.type(host, { id, generation }, typed) };
      } catch (error) {
        throw new DaemonFault('not-reached', (error as Error).message);
      }
    },
  };
}

const MOVING: ReadonlySet<string> = new Set([
  ...['preparing', 'starting', 'verifying', 'stopping', 'killing', 'closing', 'clearing'],
]);

/** How many pieces of work go on running without a daemon. */
export function runningIn({ leases }: Host): number {
  return [...leases.values()].filter(({ life }) => life.stage === 'running').length;
}

function readinessOf(daemon: Daemon): Readiness {
  const { work, voice } = daemon;
  if (work === null) {
    const why = voice.copied ? 'this folder is a copy' : 'this machine is no node of a network yet';
    const none = { held: 0, running: 0, moving: 0, completed: 0, failed: 0 };
    return { phase: 'off', why, ...none, drivers: [], works: [] };
  }
  const host = work.hosting.state();
  const { taking } = work.hosting.offer();
  const works = [...host.leases.values()].map((lease) => readyWork(work, lease));
  return {
    ...{
      phase: taking,
      why: host.stalledUntilMs === null ? null : 'its journal cannot be written',
    },
    ...{ held: host.leases.size, running: runningIn(host) },
    moving: works.filter(({ moving }) => moving).length,
    ...{ completed: host.completed, failed: host.failed, drivers: driversOf(work), works },
  };
}

function readyWork({ driverOf }: Work, { id, generation, spec, life }: Lease): ReadyWork {
  const { stage, startedAt, restarts } = life;
  return {
    ...{ id, generation, name: spec.name, stage, moving: MOVING.has(stage) },
    ...{ startedAt, restarts, driver: driverOf({ id, generation }) },
  };
}

function driversOf(work: Work): DriverFacts[] {
  return work.drivers.probes().map(({ driver: { name, kind }, probe }) => ({
    ...{ name, kind, usable: probe?.usable ?? null, what: probe?.what ?? '' },
    weaker: probe?.weaker ?? null,
    checkedAgoMs: probe === null ? null : Math.max(0, nowMs() - probe.checkedAtMs),
  }));
}

/** Of the latest generation, wherever it was placed and wherever it is. */
async function logOf(
  work: Work,
  self: Key,
  { id: named, from, waitMs }: HostingRequests['workLog'],
): Promise<HostingReplies['workLog']> {
  const { host, id, generation } = await placeOf(work, self, named);
  const at = { id, generation };
  let page;
  try {
    page = await work.reaching.log(host, at, { seq: from, waitMs });
  } catch (error) {
    work.elsewhere.forget(named);
    throw new DaemonFault('not-reached', (error as Error).message);
  }
  if (page === null) {
    work.elsewhere.forget(named);
    throw new DaemonFault('no-such-work', `${id} has no log there`);
  }
  const { seq, hash, frames, next, ended } = page;
  return {
    ...{ host, id, generation, seq, next, ended },
    ...{ hash: toBase64url(hash) as Digest, frames: toBase64url(frames) },
  };
}

async function placeOf(work: Work, self: Key, named: string): Promise<WorkPlace> {
  return placeHere(work, self, named) ?? (await work.elsewhere.placeOf(named));
}

/** Of what was placed from here; else of what runs here. Null: neither knows it. */
function placeHere(work: Work, self: Key, named: string): WorkPlace | null {
  if (work.owning.fitting(named).length > 0) {
    const { owned } = work.owning.find(named);
    const host = hostOf(owned);
    if (host === null) throw new DaemonFault('no-such-work', `${owned.id} is at no host yet`);
    return { host, id: owned.id, generation: owned.generation };
  }
  const [row, ...others] = work.hosting.rows().filter((one) => isNamed(one, named));
  if (row === undefined || others.length > 0) return null;
  return { host: self, id: row.id, generation: row.generation };
}

/** For Prometheus; none where no work is taken. */
export function workMetrics({ work }: Daemon): readonly Figure[] {
  if (work === null) return [];
  const { hosting, owning, receipts } = work;
  const figures: WorkFigures = {
    ...{ host: hosting.state(), offer: hosting.offer(), refusals: hosting.refusals() },
    owned: owning.works().filter(({ phase }) => phase !== 'ended').length,
    unsent: receipts.unsent().length,
  };
  return workFigures(figures);
}
