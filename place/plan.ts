// The plan in full: which nodes to ask for a piece of work, in which order, and for every other
// node what it lacks. The same demand, nodes and seed give the same plan, in whatever order the
// nodes come; a node that does not fit is in no plan. Whoever only needs to know whom to ask
// decides (decide.ts). Spec: docs/placement.md.

import type { Key } from '../proto/ids.ts';
import { byKey } from './by-key.ts';
import type { Demand, Policy } from './demand.ts';
import { type Roll, diceOf } from './dice.ts';
import { lacksOf } from './fit.ts';
import type { Lack } from './lacks.ts';
import type { PlaceNode } from './node.ts';
import { RANKS, WORTH, policyFor } from './rank.ts';
import { type Fitting, memoryLeftMib, shareLeft } from './score.ts';

export interface Judged {
  readonly key: Key;
  /** Empty: it fits. */
  readonly lacks: readonly Lack[];
  /** Of a node that fits: what it would have left. */
  readonly left: Left | null;
}

export interface Plan {
  readonly policy: Policy;
  /** Whom to ask, the best first. */
  readonly order: readonly Key[];
  /** Every node, by key. */
  readonly judged: readonly Judged[];
}

interface Left {
  readonly share: number;
  readonly memMib: number;
  /** It has the images already. */
  readonly holds: boolean;
}

export function planOf(demand: Demand, nodes: readonly PlaceNode[], seed: number): Plan {
  const sorted = byKey(nodes);
  const judged = sorted.map((node) => judgedOf(demand, node));
  const fitting = sorted.filter((_, i) => judged[i]?.left !== null) as readonly Fitting[];
  const policy = policyFor(demand, fitting.length);
  return { policy, order: orderBy(policy, demand, fitting, diceOf(seed)), judged };
}

/** Every node, by key: why it can take the work, or why not. */
export function judge(demand: Demand, nodes: readonly PlaceNode[]): readonly Judged[] {
  return byKey(nodes).map((node) => judgedOf(demand, node));
}

function judgedOf(demand: Demand, node: PlaceNode): Judged {
  const { key, room, holds } = node;
  const lacks = lacksOf(demand, node);
  if (lacks.length > 0 || room === null) return { key, lacks, left: null };
  const left = { share: shareLeft(demand, room), memMib: memoryLeftMib(demand, room), holds };
  return { key, lacks, left };
}

/** `fitting` comes by key, so that equals have an order. */
function orderBy(
  policy: Policy,
  demand: Demand,
  fitting: readonly Fitting[],
  roll: Roll,
): readonly Key[] {
  if (policy === 'two') return byTwos(demand, fitting, roll);
  const { first, second } = RANKS[policy];
  return fitting
    .map((node) => ({ key: node.key, a: first(demand, node), b: second(demand, node) }))
    .toSorted((x, y) => y.a - x.a || y.b - x.b)
    .map(({ key }) => key);
}

/** Again and again: two at random, of which the one with more left comes next. */
function byTwos(demand: Demand, fitting: readonly Fitting[], roll: Roll): Key[] {
  const rest = fitting.map((node) => ({ key: node.key, worth: WORTH(demand, node) }));
  const order: Key[] = [];
  for (let count = rest.length; count > 0; count--) {
    const first = roll(count);
    // Another one, where there is another.
    const other = count === 1 ? first : (first + 1 + roll(count - 1)) % count;
    const isOther = (rest[other]?.worth ?? 0) > (rest[first]?.worth ?? 0);
    const chosen = isOther ? other : first;
    order.push((rest[chosen] as (typeof rest)[number]).key);
    // The last takes its place.
    rest[chosen] = rest[count - 1] as (typeof rest)[number];
  }
  return order;
}
