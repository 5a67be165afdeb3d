// A decision is the head of the plan, whatever is asked for and however many nodes there are: the
// quick way and the plain definition never differ.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../place/demand.ts';
import { decide } from '../../place/decide.ts';
import { SEED_MAX, diceOf } from '../../place/dice.ts';
import { ORDER_MAX } from '../../place/limits.ts';
import { judge, planOf } from '../../place/plan.ts';
import { DEMAND, ROOM, demands, nodeLists, nodeOf } from './nodes.ts';

const seeds = fc.integer({ min: 0, max: SEED_MAX });

describe('a decision', () => {
  test('is the head of the plan, in whatever order the nodes come', () => {
    let [placed, longer] = [0, 0];
    fc.assert(
      fc.property(demands, nodeLists, seeds, (demand, nodes, seed) => {
        const { policy, order, judged } = planOf(demand, nodes, seed);
        const expected = { policy, order: order.slice(0, ORDER_MAX), fitting: order.length };
        expect(decide(demand, nodes, seed)).toEqual(expected);
        expect(decide(demand, nodes.toReversed(), seed)).toEqual(expected);
        expect(judge(demand, nodes)).toEqual(judged);
        placed += order.length;
      }),
      { numRuns: 500, seed: 5 },
    );
    expect(placed).toBeGreaterThan(50);
    // And among more of them than are named.
    const roll = diceOf(3);
    const many = Array.from({ length: 200 }, (_, i) =>
      nodeOf(i, { room: { ...ROOM, memFreeMib: 8_000 + roll(40), cpuFreeMilli: roll(6_001) } }),
    );
    for (const policy of ['two', 'mostFree', 'pack', 'pin', null] satisfies (Policy | null)[]) {
      const nodes = policy === 'pin' ? many.map(({ name }) => name).toReversed() : null;
      const demand = { ...DEMAND, memMib: 8_010, policy, nodes };
      for (let seed = 0; seed < 20; seed++) {
        const { order } = planOf(demand, many, seed);
        expect(decide(demand, many, seed).order).toEqual(order.slice(0, ORDER_MAX));
        longer += order.length > ORDER_MAX ? 1 : 0;
      }
    }
    expect(longer).toBe(100);
  });
});
