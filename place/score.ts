// How much a node that fits would have left, as integers. Unknown counts as nothing left: a node
// that knows less of itself is liked less. Spec: docs/placement.md, "Policies".

import type { Demand } from './demand.ts';
import { DISK_MARGIN_MIB, MEM_MARGIN_MIB, WHOLE } from './limits.ts';
import type { Room } from './node.ts';

/** The share that would be free of what is scarcest there, in millionths. */
export function shareLeft({ cpuMilli, memMib, diskMib }: Demand, room: Room): number {
  return Math.min(
    share(room.cpuFreeMilli, 0, cpuMilli, room.cpuMilli),
    share(room.memFreeMib, MEM_MARGIN_MIB, memMib, room.memMib),
    share(room.diskFreeMib, DISK_MARGIN_MIB, diskMib, room.diskMib),
  );
}

function share(free: number | null, margin: number, taken: number, whole: number | null): number {
  if (free === null || whole === null || whole <= 0) return 0;
  const left = Math.max(0, free - margin - taken);
  return Math.min(WHOLE, Math.floor((left * WHOLE) / whole));
}

/** The memory that would be free above the margin. */
export function memoryLeftMib({ memMib }: Demand, { memFreeMib }: Room): number {
  return Math.max(0, (memFreeMib ?? 0) - MEM_MARGIN_MIB - memMib);
}
