// What a piece of work asks of a node, in one line for people.

import { coresText, mibText } from '../../place/amounts.ts';
import type { Demand } from '../../place/demand.ts';
import { counted } from '../../proto/when.ts';

export function demandText({ cpuMilli, memMib, diskMib, gpu }: Demand): string {
  return [
    `${coresText(cpuMilli, 'up')} cores`,
    `${mibText(memMib, 'up')} of memory`,
    `${mibText(diskMib, 'up')} of disk`,
    ...(gpu === null ? [] : [counted(gpu.count, 'GPU')]),
  ].join(', ');
}
