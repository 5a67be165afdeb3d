// What the local API asks of the owner here: a spec is planned with what is known at this moment,
// owned, and followed; the work of all nodes is asked for at those that answer.
// Spec: docs/daemon.md, "The local API"; docs/placement.md.

import { stateOf } from '../../ledger/replica.ts';
import type { State } from '../../ledger/state.ts';
import { type Plan, planOf } from '../../place/plan.ts';
import type { Key } from '../../proto/ids.ts';
import type { OwnedView } from '../../work/owner-view.ts';
import { type Spec, readSpec } from '../../work/spec.ts';
import { ULID_RANDOM_BYTES, ulidOf } from '../../work/ulid.ts';
import { isPeer } from '../peer/members.ts';
import { randomBytes } from '../os/clock.ts';
import { demandOf, nodesFor } from '../placing.ts';
import type { Owning } from '../work/owning.ts';
import { LISTS_AT_ONCE_MAX } from '../work/owning-limits.ts';
import type { Reach } from '../work/reach.ts';
import type { OwningBehind } from './owning-api.ts';
import { DaemonFault } from './refusals.ts';
import type { Daemon } from './running.ts';
import type { Names, Placed, WorkReplies, WorkRequests, Works } from './work-routes.ts';

/** The owner of this node, with what it is asked by. */
export interface OwnWork {
  readonly owning: Owning;
  readonly reach: Reach;
  /** Images that this node holds by name become digests, so that every host runs the same bytes. */
  readonly pin: (spec: Spec) => Promise<Spec>;
  readonly drain: (drained: boolean) => void;
}

export function owningBehind(daemon: Daemon, own: () => OwnWork | null): OwningBehind {
  const needed = (): OwnWork => {
    const work = own();
    if (work === null) throw new DaemonFault('no-work-here');
    return work;
  };
  return {
    place: (asked) => place(daemon, needed(), asked),
    works: () => works(daemon, needed()),
    work(id) {
      const { owning } = needed();
      const live = owning.find(id);
      return { work: owning.view(live), spec: live.owned.spec, names: namesFor(daemon) };
    },
    workStop({ id, kill }) {
      const { owning } = needed();
      const { owned } = owning.find(id);
      return { work: owning.wish(owned.id, kill ? 'kill' : 'stop') };
    },
    workReceipts(id) {
      const { owned } = needed().owning.find(id);
      return { id: owned.id, receipts: owned.receipts };
    },
    workSteps(id, tell, ended) {
      const { owning } = needed();
      const { owned } = owning.find(id);
      const whole = (): OwnedView => {
        const work = owning.view(owning.find(owned.id));
        tell({ work, names: namesFor(daemon) });
        return work;
      };
      if (whole().phase === 'ended') {
        ended();
        return { stop: () => undefined };
      }
      const stop = owning.follow(owned.id, (step) => {
        const key = 'host' in step ? step.host : null;
        tell({ step, name: key === null ? null : nameIn(namesFor(daemon), key) });
        if (step.what !== 'ended') return;
        // It is told from within the step that ends it.
        queueMicrotask(() => {
          whole();
          ended();
        });
      });
      return { stop };
    },
    drain(drained) {
      needed().drain(drained);
      return { drained };
    },
  };
}

/** Why nobody, in one line, where the order is empty. */
export function planFor(
  daemon: Daemon,
  spec: Spec,
  avoid: readonly Key[],
): { order: readonly Key[]; why: string } {
  const { order, judged } = planned(daemon, spec, seedNow());
  const left = order.filter((key) => !avoid.includes(key));
  const names = namesFor(daemon);
  const lacks = judged.flatMap(({ key, lacks: [first] }) =>
    first === undefined ? [] : [`${nameIn(names, key)}: ${first.why}`],
  );
  return { order: left, why: lacks.length === 0 ? 'no other node is there' : lacks.join('; ') };
}

function planned(daemon: Daemon, spec: Spec, seed: number): Plan {
  const state = stateHere(daemon);
  const heard = new Map((daemon.mesh?.nodes() ?? []).map((node) => [node.key, node]));
  const self = daemon.voice.publicKey;
  const nowMs = daemon.calendar.nowMs();
  return planOf(demandOf(spec), nodesFor(spec, { state, self, heard, nowMs }), seed);
}

function stateHere({ home, voice }: Daemon): State {
  if (home === null || !isPeer(home.replica, voice.publicKey)) {
    throw new DaemonFault('no-work-here');
  }
  return stateOf(home.replica);
}

function seedNow(): number {
  return new DataView(randomBytes(4).buffer).getUint32(0);
}

async function place(
  daemon: Daemon,
  { owning, pin }: OwnWork,
  asked: WorkRequests['place'],
): Promise<WorkReplies['place']> {
  const read = readSpec(asked.spec);
  if (!read.ok) throw new DaemonFault(read.code, read.detail);
  const self = daemon.voice.publicKey;
  const { owner = self } = read.value;
  if (owner !== self) throw new DaemonFault('work-owner', owner);
  const now = daemon.calendar.nowMs();
  const id = read.value.id ?? ulidOf(now, randomBytes(ULID_RANDOM_BYTES));
  const spec = { ...(await pin(read.value)), id, owner };
  const { policy, order, judged } = planned(daemon, spec, asked.seed);
  const names = namesFor(daemon);
  const nodes = judged.map((one) => ({ ...one, name: nameIn(names, one.key) }));
  const said = { spec, policy, order, nodes } satisfies Omit<Placed, 'work'>;
  if (order.length === 0) return { ...said, work: null };
  return { ...said, work: await owning.place(spec, order) };
}

/** Members that do not answer are named: what they run is not known. */
async function works(daemon: Daemon, { owning, reach }: OwnWork): Promise<Works> {
  const self = daemon.voice.publicKey;
  const members = stateHere(daemon).members.filter(
    (member) => member.class === 'node' && member.removed === undefined,
  );
  const keys = members.map(({ key }) => key);
  const liveness = new Map((daemon.mesh?.nodes() ?? []).map((node) => [node.key, node.liveness]));
  const at: Works['at'][number][] = [];
  const silent: Works['silent'][number][] = [];
  const rest = keys.filter((key) => {
    const state = liveness.get(key) ?? 'unheard';
    const isThere = key === self || state === 'alive' || state === 'suspect';
    if (!isThere) silent.push({ key, why: state === 'down' ? 'it is down' : 'it is not heard' });
    return isThere;
  });
  const worker = async (): Promise<void> => {
    for (let key = rest.pop(); key !== undefined; key = rest.pop()) {
      try {
        for (const one of await reach.list(key)) at.push({ ...one, host: key });
      } catch (error) {
        silent.push({ key, why: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: LISTS_AT_ONCE_MAX }, worker));
  const byId = at.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return { owned: owning.works(), at: byId, silent, names: namesFor(daemon) };
}

function namesFor({ home }: Daemon): Names {
  if (home === null) return {};
  const members = stateOf(home.replica).members.filter((member) => member.class === 'node');
  return Object.fromEntries(members.map(({ key, shown }) => [key, shown]));
}

function nameIn(names: Names, key: Key): string {
  return names[key] ?? `${key.slice(0, 8)}…`;
}
