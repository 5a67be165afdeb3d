// Whether a node can take a piece of work: nothing that it lacks, or everything that it lacks, with
// the missing numbers. More room never makes a node that fits unfit. Spec: docs/placement.md,
// "Fit".

import { coresText, mibText, needText } from './amounts.ts';
import { isOfKind } from './cards.ts';
import type { Demand, GpuDemand } from './demand.ts';
import type { Lack, LackCode } from './lacks.ts';
import type { PlaceNode, Room } from './node.ts';

/** What the node lacks; empty: it fits. What is wrong with the node itself comes first. */
export function lacksOf(demand: Demand, node: PlaceNode): readonly Lack[] {
  const lacks: Lack[] = [];
  addStanding(lacks, node);
  if (node.denied !== null) lacks.push(node.denied);
  addWishes(lacks, demand, node);
  // Of a node that is not there nobody knows what it has.
  const isThere = node.heard === 'here' || node.heard === 'alive';
  if (!isThere) return lacks;
  addTaking(lacks, demand, node);
  if (node.taking !== null) addRoom(lacks, demand, node.room);
  return lacks;
}

function addStanding(lacks: Lack[], node: PlaceNode): void {
  const { frozen, cloned, drained, peer, heard, heardAgoMs } = node;
  if (frozen) lacks.push(lack('place-frozen', 'frozen: it wrote two records at one place'));
  if (cloned) lacks.push(lack('place-cloned', 'two machines speak with its key'));
  if (drained) lacks.push(lack('place-drained', 'drained: no new work goes there'));
  if (!peer) lacks.push(lack('place-observer', 'an observer or a guest: it takes no work'));
  if (heard === 'unheard') lacks.push(lack('place-unheard', 'nothing was heard of it'));
  if (heard === 'suspect')
    lacks.push(lack('place-not-alive', `not sure to be alive: silent${since(heardAgoMs)}`));
  if (heard === 'down')
    lacks.push(lack('place-not-alive', `not alive: silent${since(heardAgoMs)}`));
}

function since(heardAgoMs: number | null): string {
  return heardAgoMs === null ? '' : ` for ${Math.floor(heardAgoMs / 1_000)} s`;
}

/** What the host says of new work. */
function addTaking(lacks: Lack[], { kind }: Demand, { taking, kinds, drained }: PlaceNode): void {
  if (taking === null) {
    lacks.push(lack('place-takes-none', 'takes no work'));
    return;
  }
  // An operator's word is said already, and the host follows it.
  if (taking === 'draining' && !drained)
    lacks.push(lack('place-drained', 'drained: it takes no new work'));
  if (taking === 'recovering')
    lacks.push(lack('place-not-ready', 'not ready: it looks for what ran before its start'));
  if (taking === 'frozen') lacks.push(lack('place-not-ready', 'not ready: its daemon is replaced'));
  if (!kinds.includes(kind))
    lacks.push(lack('place-no-driver', `has nothing to run a ${kind} with`));
}

function addWishes(lacks: Lack[], demand: Demand, node: PlaceNode): void {
  const { nodes, avoid, need, arch } = demand;
  if (nodes !== null && !isAmong(nodes, node))
    lacks.push(lack('place-not-named', 'the spec names other nodes'));
  if (avoid.length > 0 && isAmong(avoid, node))
    lacks.push(lack('place-avoided', 'the spec avoids it'));
  if (need.length > 0) {
    const missing = need.filter((one) => !node.labels.includes(one));
    if (missing.length > 0)
      lacks.push(lack('place-no-label', `lacks the label ${missing.join(', ')}`));
  }
  if (arch !== null && arch !== node.arch) {
    const its = node.arch ?? 'of unknown kind';
    lacks.push(lack('place-other-arch', `needs ${arch}, it is ${its}`));
  }
}

function isAmong(names: readonly string[], { name, key }: PlaceNode): boolean {
  return names.includes(name) || names.includes(key);
}

function addRoom(lacks: Lack[], demand: Demand, room: Room | null): void {
  if (room === null) {
    lacks.push(lack('place-unknown-room', 'has not said how much room it has'));
    return;
  }
  const { cpuMilli, memMib, diskMib, gpu } = demand;
  addCpu(lacks, cpuMilli, room);
  addMib(lacks, memMib, room.memFreeMib, 'memory');
  addMib(lacks, diskMib, room.diskFreeMib, 'disk');
  if (gpu !== null) addCards(lacks, gpu, room);
}

/** Nobody gets more cores than there are, though all together may be promised more. */
function addCpu(lacks: Lack[], needs: number, { cpuMilli, cpuFreeMilli }: Room): void {
  if (cpuMilli === null || cpuFreeMilli === null) {
    lacks.push(lack('place-unknown-room', 'does not know how many cores it has'));
    return;
  }
  if (needs <= Math.min(cpuMilli, cpuFreeMilli)) return;
  const has = needs > cpuMilli ? cpuMilli : cpuFreeMilli;
  const left = needs > cpuMilli ? '' : ' left to promise';
  const why = `needs ${coresText(needs, 'up')} cores, has ${coresText(has, 'down')}${left}`;
  lacks.push(lack('place-no-cpu', why, needs, has));
}

const SHORT: Readonly<Record<'memory' | 'disk', LackCode>> = {
  memory: 'place-no-memory',
  disk: 'place-no-disk',
};

function addMib(lacks: Lack[], needs: number, has: number | null, of: 'memory' | 'disk'): void {
  if (has === null) {
    lacks.push(lack('place-unknown-room', `does not know how much ${of} is free`));
  } else if (needs > has) {
    lacks.push(lack(SHORT[of], needText(needs, of, has), needs, has));
  }
}

function addCards(lacks: Lack[], gpu: GpuDemand, { cardCount, cards }: Room): void {
  if (cardCount === null) {
    lacks.push(lack('place-unknown-room', 'does not know how many cards it has'));
    return;
  }
  const { count, minVramMib } = gpu;
  const ofKind = cards.filter((card) => isOfKind(card, gpu));
  const needs = `needs ${count} ${kindText(gpu)}`;
  if (ofKind.length < count) {
    const sick = cards.filter((card) => !card.fit).length;
    const taken = cards.filter((card) => card.fit && card.taken).length;
    const said =
      (sick === 0 ? '' : `, and ${sick} that cannot be used`) +
      (taken === 0 ? '' : `, and ${taken} that other work has`);
    const why = `${needs}, has ${ofKind.length}${said}`;
    lacks.push(lack('place-no-gpu', why, count, ofKind.length));
    return;
  }
  if (minVramMib === null) return;
  const free = ofKind.map(({ vramFreeMib }) => vramFreeMib ?? 0).toSorted((a, b) => b - a);
  // The last of those that would be taken is the one that is too small.
  const has = free[count - 1] ?? 0;
  if (has >= minVramMib) return;
  const why = `${needs} with ${mibText(minVramMib, 'up')} free, has ${mibText(has, 'down')}`;
  lacks.push(lack('place-no-gpu', why, minVramMib, has));
}

function kindText({ count, vendor, model }: GpuDemand): string {
  const words = [vendor, model].filter((word) => word !== null);
  return [...words, count === 1 ? 'GPU' : 'GPUs'].join(' ');
}

function lack(code: LackCode, why: string, needs?: number, has?: number): Lack {
  return needs === undefined || has === undefined ? { code, why } : { code, why, needs, has };
}
