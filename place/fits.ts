// Whether a node can take a piece of work, and nothing else: the same verdict as an empty list of
// what it lacks (fit.ts), without a word and without an object, for those who choose among ten
// thousand. That both agree is a test. Spec: docs/placement.md, "Fit".

import { isOfKind } from './cards.ts';
import type { Demand, GpuDemand } from './demand.ts';
import type { PlaceNode, Room } from './node.ts';

export function fits(demand: Demand, node: PlaceNode): boolean {
  const { room, taking, kinds } = node;
  return (
    taking === 'open' &&
    room !== null &&
    isThere(node) &&
    node.denied === null &&
    hasRoom(demand, room) &&
    kinds.includes(demand.kind) &&
    isWished(demand, node)
  );
}

function isThere({ heard, frozen, cloned, drained, peer }: PlaceNode): boolean {
  return (heard === 'alive' || heard === 'here') && peer && !frozen && !cloned && !drained;
}

function isWished({ arch, need, nodes, avoid }: Demand, node: PlaceNode): boolean {
  if (arch !== null && arch !== node.arch) return false;
  for (const label of need) if (!node.labels.includes(label)) return false;
  if (nodes !== null && !isAmong(nodes, node)) return false;
  return avoid.length === 0 || !isAmong(avoid, node);
}

function isAmong(names: readonly string[], { name, key }: PlaceNode): boolean {
  return names.includes(name) || names.includes(key);
}

function hasRoom({ cpuMilli, memMib, diskMib, gpu }: Demand, room: Room): boolean {
  return (
    isIn(cpuMilli, room.cpuMilli) &&
    isIn(cpuMilli, room.cpuFreeMilli) &&
    isIn(memMib, room.memFreeMib) &&
    isIn(diskMib, room.diskFreeMib) &&
    (gpu === null || hasCards(gpu, room))
  );
}

/** What is unknown is no room. */
function isIn(needs: number, has: number | null): boolean {
  return has !== null && needs <= has;
}

function hasCards(gpu: GpuDemand, { cardCount, cards }: Room): boolean {
  if (cardCount === null) return false;
  let count = 0;
  for (const card of cards)
    if (isOfKind(card, gpu) && (card.vramFreeMib ?? 0) >= (gpu.minVramMib ?? 0)) count++;
  return count >= gpu.count;
}
