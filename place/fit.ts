// Whether a node can take a piece of work: nothing that it lacks, or everything that it lacks, with
// the missing numbers. More room never makes a node that fits unfit. Spec: docs/placement.md,
// "Fit".

import { coresText, mibText, needText } from './amounts.ts';
import type { Demand, GpuDemand } from './demand.ts';
import type { Lack, LackCode } from './lacks.ts';
import { DISK_MARGIN_MIB, MEM_MARGIN_MIB } from './limits.ts';
import type { Card, PlaceNode, Room } from './node.ts';

/**
 * What the node lacks; empty: it fits. What is wrong with the node itself comes first. Everything
 * is added to one list: of ten thousand nodes most lack nothing, and that must cost next to it.
 */
export function lacksOf(demand: Demand, node: PlaceNode): readonly Lack[] {
  const lacks: Lack[] = [];
  addStanding(lacks, node);
  if (node.denied !== null) lacks.push(node.denied);
  addWishes(lacks, demand, node);
  // Of a node that is not there nobody knows what it has.
  const isThere = node.heard === 'here' || node.heard === 'alive';
  if (isThere) addRoom(lacks, demand, node.room);
  return lacks;
}

function addStanding(lacks: Lack[], node: PlaceNode): void {
  const { frozen, cloned, drained, peer, heard, heardAgoMs } = node;
  const since = (): string =>
    heardAgoMs === null ? '' : ` for ${Math.floor(heardAgoMs / 1_000)} s`;
  if (frozen) lacks.push(lack('place-frozen', 'frozen: it wrote two records at one place'));
  if (cloned) lacks.push(lack('place-cloned', 'two machines speak with its key'));
  if (drained) lacks.push(lack('place-drained', 'drained: no new work goes there'));
  if (!peer) lacks.push(lack('place-observer', 'an observer or a guest: it takes no work'));
  if (heard === 'unheard') lacks.push(lack('place-unheard', 'nothing was heard of it'));
  if (heard === 'suspect')
    lacks.push(lack('place-not-alive', `not sure to be alive: silent${since()}`));
  if (heard === 'down') lacks.push(lack('place-not-alive', `not alive: silent${since()}`));
}

function addWishes(lacks: Lack[], demand: Demand, node: PlaceNode): void {
  const { nodes, avoid, need, arch } = demand;
  const is = (named: string): boolean => named === node.name || named === node.key;
  if (nodes !== null && !nodes.some(is))
    lacks.push(lack('place-not-named', 'the spec names other nodes'));
  if (avoid.some(is)) lacks.push(lack('place-avoided', 'the spec avoids it'));
  const missing = need.length === 0 ? need : need.filter((one) => !node.labels.includes(one));
  if (missing.length > 0)
    lacks.push(lack('place-no-label', `lacks the label ${missing.join(', ')}`));
  if (arch !== null && arch !== node.arch) {
    const its = node.arch ?? 'of unknown kind';
    lacks.push(lack('place-other-arch', `needs ${arch}, it is ${its}`));
  }
}

function addRoom(lacks: Lack[], demand: Demand, room: Room | null): void {
  if (room === null) {
    lacks.push(lack('place-unknown-room', 'has not said how much room it has'));
    return;
  }
  const { cpuMilli, memMib, diskMib, gpu } = demand;
  addCpu(lacks, cpuMilli, room.cpuMilli);
  addMib(lacks, memMib, room.memFreeMib, MEMORY);
  addMib(lacks, diskMib, room.diskFreeMib, DISK);
  if (gpu !== null) addCards(lacks, gpu, room);
}

/**
 * Cores are shared: what is busy this second is a matter of the score, how many there are is not.
 */
function addCpu(lacks: Lack[], needs: number, has: number | null): void {
  if (has === null) {
    lacks.push(lack('place-unknown-room', 'does not know how many cores it has'));
  } else if (needs > has) {
    const why = `needs ${coresText(needs, 'up')} cores, has ${coresText(has, 'down')}`;
    lacks.push(lack('place-no-cpu', why, needs, has));
  }
}

interface Store {
  readonly of: string;
  readonly marginMib: number;
  readonly code: LackCode;
}

const MEMORY: Store = { of: 'memory', marginMib: MEM_MARGIN_MIB, code: 'place-no-memory' };
const DISK: Store = { of: 'disk', marginMib: DISK_MARGIN_MIB, code: 'place-no-disk' };

function addMib(lacks: Lack[], needs: number, freeMib: number | null, store: Store): void {
  const { of, marginMib, code } = store;
  if (freeMib === null) {
    lacks.push(lack('place-unknown-room', `does not know how much ${of} is free`));
    return;
  }
  const has = Math.max(0, freeMib - marginMib);
  if (needs > has) lacks.push(lack(code, needText(needs, of, has), needs, has));
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
    const said = sick === 0 ? '' : `, and ${sick} that cannot be used`;
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

function isOfKind({ name, fit }: Card, { vendor, model }: GpuDemand): boolean {
  const its = name.toLowerCase();
  // Cards are found by NVIDIA's own tool, and no other: what is there is NVIDIA's.
  const isFrom = vendor === null || vendor === 'nvidia';
  return fit && isFrom && (model === null || its.includes(model.toLowerCase()));
}

function kindText({ count, vendor, model }: GpuDemand): string {
  const words = [vendor, model].filter((word) => word !== null);
  return [...words, count === 1 ? 'GPU' : 'GPUs'].join(' ');
}

function lack(code: LackCode, why: string, needs?: number, has?: number): Lack {
  return needs === undefined || has === undefined ? { code, why } : { code, why, needs, has };
}
