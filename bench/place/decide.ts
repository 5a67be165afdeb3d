// How long a placer decides among ten thousand nodes: the plan with the order of all that fit and
// the reason of all that do not. Beside it one pass over the same nodes that adds up one number of
// each: what looking at them costs at all.

import { planOf } from '../../place/plan.ts';
import { percentile } from '../ledger/measure.ts';
import { DEMAND, manyNodes } from './nodes.ts';

export interface Decided {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly passMs: number;
}

export function decide(count: number, turns: number): Decided {
  const [ours, pass]: [number[], number[]] = [[], []];
  // Some beforehand, so that it is the compiled code that is measured, as in a daemon.
  for (let turn = -30; turn < turns; turn++) {
    // What was heard since the last plan is other objects, in the order in which it came.
    const nodes = manyNodes(count, turn + 1_000);
    const began = performance.now();
    const plan = planOf(DEMAND, nodes, turn + 200);
    const tookMs = performance.now() - began;
    if (plan.order.length < count / 2) throw new Error('most nodes should fit');
    const again = performance.now();
    let sum = 0;
    for (const { room } of nodes) sum += room?.memFreeMib ?? 0;
    const passMs = performance.now() - again;
    if (sum === 0 || turn < 0) continue;
    ours.push(tookMs);
    pass.push(passMs);
  }
  return {
    ...{ p50Ms: percentile(ours, 50), p99Ms: percentile(ours, 99) },
    passMs: percentile(pass, 50),
  };
}
