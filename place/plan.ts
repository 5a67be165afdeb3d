// The plan: which nodes to ask for a piece of work, in which order, and for every other node what
// it lacks. The same demand, nodes and seed give the same plan, in whatever order the nodes come;
// a node that does not fit is in no plan. Spec: docs/placement.md.

import type { Key } from '../proto/ids.ts';
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
  readonly left: { readonly share: number; readonly memMib: number } | null;
}

export interface Plan {
  readonly policy: Policy;
  /** Whom to ask, the best first. */
  readonly order: readonly Key[];
  /** Every node, by key. */
  readonly judged: readonly Judged[];
}

interface Fitting {
  readonly key: Key;
  readonly name: string;
  readonly share: number;
  readonly memMib: number;
}

export function planOf(demand: Demand, nodes: readonly PlaceNode[], seed: number): Plan {
  const sorted = nodes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const fitting: Fitting[] = [];
  const judged = sorted.map((node): Judged => {
    const { key, name, room } = node;
    const lacks = lacksOf(demand, node);
    if (lacks.length > 0 || room === null) return { key, lacks, left: null };
    const left = leftOf(demand, room);
    fitting.push({ key, name, ...left });
    return { key, lacks, left };
  });
  const policy = demand.policy ?? (fitting.length < FEW_NODES ? 'mostFree' : 'two');
  return { policy, order: orderBy(policy, demand, fitting, diceOf(seed)), judged };
}

function leftOf(demand: Demand, room: Room): { share: number; memMib: number } {
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
      return keysOf(fitting.toSorted((a, b) => b.memMib - a.memMib || b.share - a.share));
    case 'pack':
      return keysOf(fitting.toSorted((a, b) => a.share - b.share || a.memMib - b.memMib));
    case 'pin': {
      const place = ({ key, name }: Fitting): number =>
        nodes?.findIndex((named) => named === key || named === name) ?? -1;
      return keysOf(fitting.toSorted((a, b) => place(a) - place(b)));
    }
    case 'two':
      return keysOf(byTwos(fitting, roll));
  }
}

/** Again and again: two at random, of which the one with more left comes next. */
function byTwos(fitting: readonly Fitting[], roll: Roll): Fitting[] {
  const rest = [...fitting];
  const order: Fitting[] = [];
  while (rest.length > 0) {
    const first = roll(rest.length);
    // Another one, where there is another.
    const step = rest.length === 1 ? 0 : 1 + roll(rest.length - 1);
    const other = (first + step) % rest.length;
    const [a, b] = [rest[first] as Fitting, rest[other] as Fitting];
    const at = b.share > a.share ? other : first;
    order.push(rest[at] as Fitting);
    // The last takes its place: among ten thousand nothing is moved.
    const last = rest.pop() as Fitting;
    if (at < rest.length) rest[at] = last;
  }
  return order;
}

function keysOf(fitting: readonly Fitting[]): Key[] {
  return fitting.map(({ key }) => key);
}
