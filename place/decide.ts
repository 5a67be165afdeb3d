// The decision: whom to ask for a piece of work, the best first, and no more of them than are ever
// asked. It is the head of the plan (plan.ts), made among ten thousand nodes in the time of one
// look at each: nothing is sorted that need not be, and nobody is told what the others lack.
// Spec: docs/placement.md, "A plan".

import type { Key } from '../proto/ids.ts';
import { byKey } from './by-key.ts';
import type { Demand, Policy } from './demand.ts';
import { type Roll, diceOf } from './dice.ts';
import { fits } from './fits.ts';
import { ORDER_MAX } from './limits.ts';
import type { PlaceNode } from './node.ts';
import { RANKS, type Rank, WORTH, policyFor } from './rank.ts';
import type { Fitting } from './score.ts';

export interface Decision {
  readonly policy: Policy;
  /** Whom to ask, the best first: the first of the plan. */
  readonly order: readonly Key[];
  /** How many could take it. */
  readonly fitting: number;
}

export function decide(demand: Demand, nodes: readonly PlaceNode[], seed: number): Decision {
  const fitting: Fitting[] = [];
  for (const node of byKey(nodes)) if (fits(demand, node)) fitting.push(node as Fitting);
  const policy = policyFor(demand, fitting.length);
  const order =
    policy === 'two' ? drawn(demand, fitting, diceOf(seed)) : best(demand, fitting, RANKS[policy]);
  return { policy, order: order.map(({ key }) => key), fitting: fitting.length };
}

/** Draws from `rest` itself: whom it has drawn is not in it any more. */
function drawn(demand: Demand, rest: Fitting[], roll: Roll): Fitting[] {
  const order: Fitting[] = [];
  const least = Math.max(0, rest.length - ORDER_MAX);
  for (let count = rest.length; count > least; count--) {
    const first = roll(count);
    const other = count === 1 ? first : (first + 1 + roll(count - 1)) % count;
    const [one, two] = [rest[first] as Fitting, rest[other] as Fitting];
    const isOther = WORTH(demand, two) > WORTH(demand, one);
    order.push(isOther ? two : one);
    rest[isOther ? other : first] = rest[count - 1] as Fitting;
  }
  return order;
}

/** The few best, each put in its place among them: most are no better than the last of these. */
function best(demand: Demand, fitting: readonly Fitting[], rank: Rank): Fitting[] {
  const top: Fitting[] = [];
  for (const node of fitting) {
    if (top.length === ORDER_MAX && !isBefore(demand, rank, node, top.at(-1) as Fitting)) continue;
    let at = top.length;
    while (at > 0 && isBefore(demand, rank, node, top[at - 1] as Fitting)) at--;
    top.splice(at, 0, node);
    if (top.length > ORDER_MAX) top.pop();
  }
  return top;
}

/** Equals keep the order in which they come, which is that of their keys. */
function isBefore(demand: Demand, { first, second }: Rank, one: Fitting, other: Fitting): boolean {
  const ahead = first(demand, one) - first(demand, other);
  return ahead > 0 || (ahead === 0 && second(demand, one) > second(demand, other));
}
