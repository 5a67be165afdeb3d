// Work as the daemon has it: what the local API asks of it. A copy of a folder takes and places no
// work, and says so; without a mesh a node is the only one it places on. Spec: docs/daemon.md,
// "Work".

import type { State } from '../../ledger/state.ts';
import { stateOf } from '../../ledger/replica.ts';
import { decide } from '../../place/decide.ts';
import { judge } from '../../place/plan.ts';
import type { Key } from '../../proto/ids.ts';
import { readSpec } from '../../work/spec.ts';
import { ULID_RANDOM_BYTES, ulidOf } from '../../work/ulid.ts';
import { openIdentity } from '../keys/identity.ts';
import { randomBytes } from '../os/clock.ts';
import { demandOf, nodesFor } from '../placing.ts';
import { StoreFault } from '../store/faults.ts';
import { driversHere } from '../work/driver-list.ts';
import { askEach } from '../work/elsewhere.ts';
import type { Owning } from '../work/owning.ts';
import type { WorkRow } from '../work/rows.ts';
import { pinned } from '../../work/pinning.ts';
import { type Work, startWork } from '../work/working.ts';
import type { OwningBehind } from './owning-api.ts';
import { DaemonFault } from './refusals.ts';
import type { Daemon } from './running.ts';
import type { DoorParts } from './underlay.ts';
import type { Names, Placed, WorkRequests, Works } from './work-routes.ts';

/** The work of a daemon whose door is open; null in a copy, which signs nothing. */
export async function workOf(daemon: Daemon, parts: DoorParts): Promise<Work | null> {
  const { voice, host, folder, calendar, tell, version } = daemon;
  if (voice.copied) return null;
  const identity = openIdentity(host, folder);
  if (!identity.ok) throw new DaemonFault(identity.code, identity.detail);
  try {
    return await startWork({
      ...{ home: parts.home, identity: identity.value, calendar, version, tell },
      mesh: () => daemon.mesh,
      drivers: daemon.drivers ?? driversHere,
    });
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    // The ledger and the mesh go on; what cannot be kept is not promised.
    tell({ event: 'failed', what: 'work', why: error.message });
    return null;
  }
}

/** The part of the local API that is about work. */
export function workBehind(daemon: Daemon): OwningBehind {
  const needed = (): Work => {
    if (daemon.work === null) throw new DaemonFault('no-work-here');
    return daemon.work;
  };
  const names = (): Names => (daemon.home === null ? {} : namesIn(stateOf(daemon.home.replica)));
  const shown = (id: string): ReturnType<OwningBehind['work']> => {
    const { owning } = needed();
    const live = owning.find(id);
    return { work: owning.view(live), spec: live.owned.spec, names: names() };
  };
  return {
    place: (asked) => place(daemon, needed(), asked),
    works: () => works(daemon, needed(), names()),
    work: shown,
    async workFind(id) {
      return { ...(await needed().elsewhere.find(id)), names: names() };
    },
    async workStop({ id: named, kill }) {
      const { owning, elsewhere } = needed();
      const id = ownedAs(owning, named);
      const [work, told] =
        id === null
          ? [null, await elsewhere.stop(named, kill)]
          : [owning.wish(id, kill ? 'kill' : 'stop'), null];
      return { work, told, names: names() };
    },
    async workReceipts(named) {
      const { owning, elsewhere } = needed();
      const id = ownedAs(owning, named);
      if (id === null) return { ...(await elsewhere.receipts(named)), names: names() };
      return { id, receipts: owning.find(id).owned.receipts, names: names() };
    },
    workSteps(named, tell, ended) {
      const { owning } = needed();
      const { id } = owning.find(named).owned;
      const tellWork = (): boolean => {
        const { work } = shown(id);
        tell({ work, names: names() });
        return work.phase === 'ended';
      };
      const stop = owning.follow(id, (step) => {
        const host = 'host' in step ? step.host : null;
        tell({ step, name: host === null ? null : (names()[host] ?? null) });
        if (step.what !== 'ended') return;
        tellWork();
        stop();
        ended();
      });
      if (tellWork()) {
        stop();
        ended();
      }
      return { stop };
    },
    drain(drained) {
      needed().drain(drained);
      return { drained };
    },
  };
}

/** Null: it is not of this node. Throws where several pieces of work of it are meant. */
function ownedAs(owning: Owning, named: string): string | null {
  return owning.fitting(named).length === 0 ? null : owning.find(named).owned.id;
}

function namesIn({ members }: State): Names {
  return Object.fromEntries(members.map(({ key, shown }) => [key, shown]));
}

async function place(
  { calendar, voice }: Daemon,
  work: Work,
  asked: WorkRequests['place'],
): Promise<Placed> {
  const read = readSpec(asked.spec);
  if (!read.ok) throw new DaemonFault(read.code, read.detail);
  const { owner = voice.publicKey } = read.value;
  if (owner !== voice.publicKey) throw new DaemonFault('work-owner', owner);
  const id = read.value.id ?? ulidOf(calendar.nowMs(), randomBytes(ULID_RANDOM_BYTES));
  // What a name stands for is said once: every host runs the same bytes.
  const spec = { ...pinned(read.value, work.images.store.idOf), id, owner };
  const nodes = nodesFor(spec, work.seen());
  const demand = demandOf(spec);
  const { policy, order } = decide(demand, nodes, asked.seed);
  const owned = order.length === 0 ? null : await work.owning.place(spec, order);
  // The first of them is asked by now: what the others lack is told behind that.
  const shown = new Map(nodes.map(({ key, name }) => [key, name]));
  const considered = judge(demand, nodes).map((one) => ({
    ...one,
    name: shown.get(one.key) ?? '',
  }));
  return { work: owned, spec, policy, order, nodes: considered };
}

/** What this node owns, and what every member that is heard says of its own work. */
async function works(daemon: Daemon, work: Work, names: Names): Promise<Works> {
  const { reaching, owning, hosting } = work;
  const self = daemon.voice.publicKey;
  const at: WorkRow[] = [...hosting.rows()];
  const silent: { key: Key; why: string }[] = [];
  const asked: Key[] = [];
  for (const { key, liveness, offer } of daemon.mesh?.nodes() ?? []) {
    if (key === self) continue;
    if (liveness === 'unheard') silent.push({ key, why: 'it is not heard' });
    else if (liveness === 'down') silent.push({ key, why: 'it is down' });
    // One that takes no work runs none.
    else if (offer !== null) asked.push(key);
  }
  const answers = await askEach(asked, (key) => reaching.rows(key));
  silent.push(...answers.silent);
  for (const { key, said } of answers.said) at.push(...said.map((row) => ({ ...row, host: key })));
  return { owned: owning.works(), at, silent, names };
}
