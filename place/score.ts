// How much a node that fits would have left, as integers. Unknown counts as nothing left: a node
// that knows less of itself is liked less. Spec: docs/placement.md, "Policies".

import type { Demand } from './demand.ts';
import { WHOLE } from './limits.ts';
import type { Room } from './node.ts';

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
