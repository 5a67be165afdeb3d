// Whether a node can take a piece of work: nothing that it lacks, or everything that it lacks, with
// the missing numbers. More room never makes a node that fits unfit. Spec: docs/placement.md,
// "Fit".

import { coresText, mibText, needText } from './amounts.ts';
import type { Demand, GpuDemand } from './demand.ts';
import type { Lack, LackCode } from './lacks.ts';
import { DISK_MARGIN_MIB, MEM_MARGIN_MIB } from './limits.ts';
import type { Card, PlaceNode, Room } from './node.ts';

/** What the node lacks; empty: it fits. What is wrong with the node itself comes first. */
export function lacksOf(demand: Demand, node: PlaceNode): readonly Lack[] {
  const standing = standingOf(node);
  const wishes = wishesUnmet(demand, node);
  const denied = node.denied === null ? [] : [node.denied];
  // Of a node that is not there nobody knows what it has.
  const isThere = node.heard === 'here' || node.heard === 'alive';
  return [...standing, ...denied, ...wishes, ...(isThere ? roomLacking(demand, node.room) : [])];
}

function standingOf(node: PlaceNode): Lack[] {
  const { heard, heardAgoMs } = node;
  const since = heardAgoMs === null ? '' : ` for ${Math.floor(heardAgoMs / 1_000)} s`;
  const found: (Lack | false)[] = [
    node.frozen && lack('place-frozen', 'frozen: it wrote two records at one place'),
    node.cloned && lack('place-cloned', 'two machines speak with its key'),
    node.drained && lack('place-drained', 'drained: no new work goes there'),
    !node.peer && lack('place-observer', 'an observer or a guest: it takes no work'),
    heard === 'unheard' && lack('place-unheard', 'nothing was heard of it'),
    heard === 'suspect' && lack('place-not-alive', `not sure to be alive: silent${since}`),
    heard === 'down' && lack('place-not-alive', `not alive: silent${since}`),
  ];
  return found.filter((one) => one !== false);
}

function wishesUnmet({ nodes, avoid, need, arch }: Demand, node: PlaceNode): Lack[] {
  const is = (named: string): boolean => named === node.name || named === node.key;
  const missing = need.filter((label) => !node.labels.includes(label));
  const found: (Lack | false)[] = [
    nodes !== null && !nodes.some(is) && lack('place-not-named', 'the spec names other nodes'),
    avoid.some(is) && lack('place-avoided', 'the spec avoids it'),
    missing.length > 0 && lack('place-no-label', `lacks the label ${missing.join(', ')}`),
    arch !== null &&
      arch !== node.arch &&
      lack('place-other-arch', `needs ${arch}, it is ${node.arch ?? 'of unknown kind'}`),
  ];
  return found.filter((one) => one !== false);
}

function roomLacking(demand: Demand, room: Room | null): Lack[] {
  if (room === null) return [lack('place-unknown-room', 'has not said how much room it has')];
  const { cpuMilli, memMib, diskMib, gpu } = demand;
  return [
    ...cpuLacking(cpuMilli, room.cpuMilli),
    ...mibLacking(memMib, room.memFreeMib, MEM_MARGIN_MIB, 'memory', 'place-no-memory'),
    ...mibLacking(diskMib, room.diskFreeMib, DISK_MARGIN_MIB, 'disk', 'place-no-disk'),
    ...(gpu === null ? [] : cardsLacking(gpu, room)),
  ];
}

/**
 * Cores are shared: what is busy this second is a matter of the score, how many there are is not.
 */
function cpuLacking(needs: number, has: number | null): Lack[] {
  if (has === null) return [lack('place-unknown-room', 'does not know how many cores it has')];
  if (needs <= has) return [];
  const why = `needs ${coresText(needs, 'up')} cores, has ${coresText(has, 'down')}`;
  return [lack('place-no-cpu', why, needs, has)];
}

function mibLacking(
  needs: number,
  freeMib: number | null,
  margin: number,
  of: string,
  code: LackCode,
): Lack[] {
  if (freeMib === null) return [lack('place-unknown-room', `does not know how much ${of} is free`)];
  const has = Math.max(0, freeMib - margin);
  return needs <= has ? [] : [lack(code, needText(needs, of, has), needs, has)];
}

function cardsLacking(gpu: GpuDemand, { cardCount, cards }: Room): Lack[] {
  if (cardCount === null) {
    return [lack('place-unknown-room', 'does not know how many cards it has')];
  }
  const ofKind = cards.filter((card) => isOfKind(card, gpu));
  const wished = kindText(gpu);
  const needs = `needs ${gpu.count} ${wished}`;
  if (ofKind.length < gpu.count) {
    const sick = cards.filter((card) => !card.fit).length;
    const said = sick === 0 ? '' : `, and ${sick} that cannot be used`;
    return [
      lack('place-no-gpu', `${needs}, has ${ofKind.length}${said}`, gpu.count, ofKind.length),
    ];
  }
  if (gpu.minVramMib === null) return [];
  const least = gpu.minVramMib;
  const free = ofKind.map(({ vramFreeMib }) => vramFreeMib ?? 0).toSorted((a, b) => b - a);
  // The last of those that would be taken is the one that is too small.
  const has = free[gpu.count - 1] ?? 0;
  if (has >= least) return [];
  const why = `${needs} with ${mibText(least, 'up')} free, has ${mibText(has, 'down')}`;
  return [lack('place-no-gpu', why, least, has)];
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
