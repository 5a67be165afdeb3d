// How much a node that fits would have left, as integers, and what it is liked for beside that.
// Unknown counts as nothing left: a node that knows less of itself is liked less. Spec:
// docs/placement.md, "Policies".

import type { Demand } from './demand.ts';
import { IMAGE_WORTH, WHOLE } from './limits.ts';
import type { PlaceNode, Room } from './node.ts';

/** The share that would be free of what is scarcest there, in millionths. */
export function shareLeft({ cpuMilli, memMib, diskMib }: Demand, room: Room): number {
  return Math.min(
    share(room.cpuFreeMilli, cpuMilli, room.cpuMilli),
    share(room.memFreeMib, memMib, room.memMib),
    share(room.diskFreeMib, diskMib, room.diskMib),
  );
}

function share(free: number | null, taken: number, whole: number | null): number {
  if (free === null || whole === null || whole <= 0) return 0;
  const left = Math.max(0, free - taken);
  return Math.min(WHOLE, Math.floor((left * WHOLE) / whole));
}

/** The memory that would still be promised. */
export function memoryLeftMib({ memMib }: Demand, { memFreeMib }: Room): number {
  return Math.max(0, (memFreeMib ?? 0) - memMib);
}

/** A node that fits has told its room. */
export type Fitting = PlaceNode & { readonly room: Room };

/** The share left, and more where the images are there already. */
export function shareWorth(demand: Demand, { room, holds }: Fitting): number {
  return shareLeft(demand, room) + (holds ? IMAGE_WORTH : 0);
}

/** The memory left, and more where the images are there already. */
export function memoryWorth(demand: Demand, { room, holds }: Fitting): number {
  const worth = holds ? Math.floor(((room.memMib ?? 0) * IMAGE_WORTH) / WHOLE) : 0;
  return memoryLeftMib(demand, room) + worth;
}

/** How full it would be, in millionths below nothing, and more where the images are there. */
export function fullWorth(demand: Demand, { room, holds }: Fitting): number {
  return (holds ? IMAGE_WORTH : 0) - shareLeft(demand, room);
}
