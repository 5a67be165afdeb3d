// Nodes as a placer sees them, made up: ten thousand of which most could take the work.

import { createHash } from 'node:crypto';
import type { Demand } from '../../place/demand.ts';
import { diceOf } from '../../place/dice.ts';
import type { PlaceNode } from '../../place/node.ts';
import type { Key } from '../../proto/ids.ts';

export const DEMAND: Demand = {
  ...{ kind: 'job', cpuMilli: 2_000, memMib: 4_096, diskMib: 1_024, gpu: null, arch: null },
  ...{ need: [], nodes: null, avoid: [], policy: null },
};

export function keyOf(name: string): Key {
  return createHash('sha256').update(name).digest('base64url') as Key;
}

const keys = new Map<number, Key>();

/** Made once: hashing them would take longer than what is measured. */
function keyAt(n: number): Key {
  const known = keys.get(n) ?? keyOf(`node-${n}`);
  keys.set(n, known);
  return known;
}

/** Nine in ten fit; the others are drained, silent or full. In no order. */
export function manyNodes(count: number, seed: number): PlaceNode[] {
  const roll = diceOf(seed);
  return Array.from({ length: count }, (_, n): PlaceNode => {
    const memFreeMib = roll(20) === 0 ? 2_048 : 8_192 + roll(100_000);
    return {
      ...{ key: keyAt(n), name: `node-${n}`, labels: ['ssd'], arch: 'amd64' },
      ...{ heard: roll(30) === 0 ? 'suspect' : 'alive', heardAgoMs: roll(10_000) },
      ...{ cloned: false, frozen: false, drained: roll(50) === 0, peer: true, denied: null },
      ...{ taking: 'open', kinds: ['job', 'vm'] },
      room: {
        ...{ cpuMilli: 32_000, cpuFreeMilli: 4_000 + roll(28_000), memMib: 131_072, memFreeMib },
        ...{ diskMib: 1_000_000, diskFreeMib: 50_000 + roll(900_000), cardCount: 0, cards: [] },
      },
    };
  });
}
