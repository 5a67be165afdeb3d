// The plan: which nodes to ask for a piece of work, in which order, and for every other node what
// it lacks. The same demand, nodes and seed give the same plan, in whatever order the nodes come;
// a node that does not fit is in no plan. Spec: docs/placement.md.

import type { Key } from '../proto/ids.ts';
import { byKey } from './by-key.ts';
import type { Demand, Policy } from './demand.ts';
import { type Roll, diceOf } from './dice.ts';
import { lacksOf } from './fit.ts';
import type { Lack } from './lacks.ts';
import { FEW_NODES } from './limits.ts';
import type { PlaceNode, Room } from './node.ts';
import { memoryLeftMib, shareLeft } from './score.ts';

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
}

interface Fitting {
  readonly node: PlaceNode;
  readonly left: Left;
}

/** One for all that lack nothing. */
const NOTHING: readonly Lack[] = [];

export function planOf(demand: Demand, nodes: readonly PlaceNode[], seed: number): Plan {
  const sorted = byKey(nodes);
  const fitting: Fitting[] = [];
  const judged = sorted.map((node): Judged => {
    const { key, room } = node;
    const lacks = lacksOf(demand, node);
    if (lacks.length > 0 || room === null) return { key, lacks, left: null };
    const left = leftOf(demand, room);
    fitting.push({ node, left });
    return { key, lacks: NOTHING, left };
  });
  const policy = demand.policy ?? (fitting.length < FEW_NODES ? 'mostFree' : 'two');
  return { policy, order: orderBy(policy, demand, fitting, diceOf(seed)), judged };
}

function leftOf(demand: Demand, room: Room): Left {
  return { share: shareLeft(demand, room), memMib: memoryLeftMib(demand, room) };
}

/** `fitting` comes by key, so that equals have an order. */
function orderBy(
  policy: Policy,
  { nodes }: Demand,
  fitting: readonly Fitting[],
  roll: Roll,
): readonly Key[] {
  switch (policy) {
    case 'mostFree':
      return keysOf(
        fitting.toSorted(({ left: a }, { left: b }) => b.memMib - a.memMib || b.share - a.share),
      );
    case 'pack':
      return keysOf(
        fitting.toSorted(({ left: a }, { left: b }) => a.share - b.share || a.memMib - b.memMib),
      );
    case 'pin': {
      const place = ({ node: { key, name } }: Fitting): number =>
        nodes?.findIndex((named) => named === key || named === name) ?? -1;
      return keysOf(fitting.toSorted((a, b) => place(a) - place(b)));
    }
    case 'two':
      return byTwos(fitting, roll);
  }
}

/** Again and again: two at random, of which the one with more left comes next. */
function byTwos(fitting: readonly Fitting[], roll: Roll): Key[] {
  const rest = [...fitting];
  const order: Key[] = [];
  for (let count = rest.length; count > 0; count--) {
    const first = roll(count);
    // Another one, where there is another.
    const other = count === 1 ? first : (first + 1 + roll(count - 1)) % count;
    const one = rest[first] as Fitting;
    const two = rest[other] as Fitting;
    const isOther = two.left.share > one.left.share;
    order.push((isOther ? two : one).node.key);
    // The last takes its place: among ten thousand nothing is moved.
    rest[isOther ? other : first] = rest[count - 1] as Fitting;
  }
  return order;
}

function keysOf(fitting: readonly Fitting[]): Key[] {
  return fitting.map(({ node }) => node.key);
}
