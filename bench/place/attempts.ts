// How many hosts a placer asks until one takes the work: fifty hosts whose heartbeats are up to ten
// seconds old, placers who know nothing of each other, and the real decision and the real
// admission. Greedy is the same with the policy that always takes the one with most free.

import { admit, freeOf } from '../../work/admission.ts';
import { hostFrom } from '../../work/host-recovery.ts';
import type { Host } from '../../work/host-state.ts';
import { type Lease, NEW_LIFE } from '../../work/lease.ts';
import { type Spec, readSpec } from '../../work/spec.ts';
import { decide } from '../../place/decide.ts';
import type { Demand, Policy } from '../../place/demand.ts';
import { diceOf } from '../../place/dice.ts';
import type { PlaceNode } from '../../place/node.ts';
import { HOSTS_ASKED_MAX } from '../../work/owner-limits.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { keyOf } from './nodes.ts';

const HOSTS = 50;
const BEAT_S = 10;
const MEM_MIB = 65_536;
const LASTS_S = 120;
/** Work of half a GiB to eight. */
const WORK_MIB = { least: 512, spread: 7_680 };
/** Those who plan within the same second know nothing of each other's reservations. */
const WARM_S = 600;

export interface Attempts {
  readonly load: number;
  /** Hosts asked for each piece of work that was placed. */
  readonly perPlacement: number;
  readonly unplaced: number;
}

/** `onChange`: a host also says at once, at most once a second, that its room has changed. */
export function attemptsAt(
  load: number,
  policy: Policy,
  onChange: boolean,
  seconds: number,
): Attempts {
  const roll = diceOf(Math.round(load * 100) + 7);
  const facts = {
    ...{ cpuMilli: 1_024_000, memMiB: MEM_MIB, diskMiB: 1_000_000, cards: [] },
    ...{ memAvailableMiB: 10 * MEM_MIB, diskAvailableMiB: 10_000_000 },
  };
  const hosts = Array.from({ length: HOSTS }, (_, n): Host => {
    const empty = hostFrom(keyOf(`host-${n}`), [], 'bench', { monoMs: 0, wallMs: 0 });
    return { ...empty, recovering: false, facts };
  });
  const at = new Map(hosts.map(({ key }, n) => [key, n]));
  const nodes = hosts.map(nodeOf);
  const phase = hosts.map(() => roll(BEAT_S * 10));
  const changed = new Set<number>();
  const ends: { tenth: number; host: number; id: string }[] = [];
  const meanMib = WORK_MIB.least + WORK_MIB.spread / 2;
  const perTenth = (load * HOSTS * (MEM_MIB - 512)) / (meanMib * LASTS_S * 10);
  let [asked, placed, unplaced, count, owed] = [0, 0, 0, 0, 0];
  for (let tenth = 0; tenth < (WARM_S + seconds) * 10; tenth++) {
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i] as (typeof ends)[number];
      if (end.tenth > tenth) continue;
      hosts[end.host] = without(hosts[end.host] as Host, end.id);
      changed.add(end.host);
      ends[i] = ends.at(-1) as (typeof ends)[number];
      ends.pop();
    }
    for (const [n, host] of hosts.entries()) {
      const isBeat = tenth % (BEAT_S * 10) === phase[n];
      const isNews = onChange && changed.has(n) && tenth % 10 === (phase[n] ?? 0) % 10;
      if (!isBeat && !isNews) continue;
      nodes[n] = nodeOf(host);
      changed.delete(n);
    }
    // As many as the load wants, spread by chance.
    for (owed += perTenth * 2 * (roll(1_000) / 1_000); owed >= 1; owed--) {
      const memMib = WORK_MIB.least + roll(WORK_MIB.spread);
      const isCounted = tenth >= WARM_S * 10;
      const id = `${count++}`;
      const tries = place(hosts, nodes, at, { memMib, policy, id, seed: roll(2 ** 31) });
      if (isCounted) asked += tries.asked;
      if (tries.host === null) {
        if (isCounted) unplaced++;
        continue;
      }
      if (isCounted) placed++;
      changed.add(tries.host);
      const lastsS = -Math.log(1 - roll(10_000) / 10_000) * LASTS_S;
      ends.push({ tenth: tenth + Math.ceil(lastsS * 10), host: tries.host, id });
    }
  }
  return { load, perPlacement: asked / placed, unplaced };
}

interface Wish {
  readonly memMib: number;
  readonly policy: Policy;
  readonly id: string;
  readonly seed: number;
}

function place(
  hosts: Host[],
  nodes: readonly PlaceNode[],
  at: ReadonlyMap<Key, number>,
  { memMib, policy, id, seed }: Wish,
): { asked: number; host: number | null } {
  const demand: Demand = {
    ...{ kind: 'job', cpuMilli: 100, memMib, diskMib: 0, gpu: null, arch: null },
    ...{ need: [], nodes: null, avoid: [], policy },
  };
  const spec = specOf(memMib);
  let asked = 0;
  for (const key of decide(demand, nodes, seed).order.slice(0, HOSTS_ASKED_MAX)) {
    asked++;
    const n = at.get(key) ?? 0;
    const host = hosts[n] as Host;
    const admission = admit(host, spec, { memMiB: memMib, diskMiB: 0, id, busy: [] });
    if ('say' in admission) continue;
    hosts[n] = { ...host, leases: new Map(host.leases).set(id, leaseOf(id, spec, admission)) };
    return { asked, host: n };
  }
  return { asked, host: null };
}

function leaseOf(id: string, spec: Spec, { charge }: Pick<Lease, 'charge'>): Lease {
  const tag = { id, generation: 1, digest: '' as Digest, owner: '' as Key };
  const rest = { request: '' as Digest, grant: null, takenMs: 0, startByMs: null };
  return { ...tag, ...rest, spec, charge, expiresMs: null, life: NEW_LIFE };
}

function without(host: Host, id: string): Host {
  const leases = new Map(host.leases);
  leases.delete(id);
  return { ...host, leases };
}

function specOf(memMiB: number): Spec {
  const resources = { cpuMilli: 100, memMiB, diskMiB: 0 };
  const read = readSpec({ name: 'work', job: { image: 'busybox' }, resources });
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

function nodeOf(host: Host): PlaceNode {
  const free = freeOf(host);
  return {
    key: host.key,
    name: host.key,
    labels: [],
    arch: 'amd64',
    heard: 'alive',
    heardAgoMs: 0,
    cloned: false,
    frozen: false,
    drained: false,
    peer: true,
    denied: null,
    taking: 'open',
    kinds: ['job'],
    holds: false,
    room: {
      cpuMilli: host.facts.cpuMilli,
      cpuFreeMilli: free.cpuMilli,
      memMib: host.facts.memMiB,
      memFreeMib: free.memMiB,
      diskMib: host.facts.diskMiB,
      diskFreeMib: free.diskMiB,
      cardCount: 0,
      cards: [],
    },
  };
}
