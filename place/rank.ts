// Which of the nodes that fit comes first, by each policy that has an order of its own: two numbers
// of a node, the greater first, and what is equal in the order of the keys. `two` draws instead.
// Spec: docs/placement.md, "Policies".

import type { Demand, Policy } from './demand.ts';
import { FEW_NODES } from './limits.ts';
import { type Fitting, fullWorth, memoryLeftMib, memoryWorth, shareWorth } from './score.ts';

type Figure = (demand: Demand, node: Fitting) => number;

export interface Rank {
  readonly first: Figure;
  readonly second: Figure;
}

/** The place of a node in the list of the spec, from the last up. */
const named: Figure = ({ nodes }, { key, name }) =>
  -(nodes?.findIndex((one) => one === key || one === name) ?? 0);

export const RANKS: Readonly<Record<Exclude<Policy, 'two'>, Rank>> = {
  mostFree: { first: memoryWorth, second: shareWorth },
  pack: { first: fullWorth, second: (demand, { room }) => -memoryLeftMib(demand, room) },
  pin: { first: named, second: () => 0 },
};

/** What `two` compares. */
export const WORTH: Figure = shareWorth;

export function policyFor({ policy }: Demand, fitting: number): Policy {
  return policy ?? (fitting < FEW_NODES ? 'mostFree' : 'two');
}
