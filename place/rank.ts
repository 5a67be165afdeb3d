// Which of the nodes that fit comes first, by each policy that has an order of its own: two numbers
// of a node, the greater first, and what is equal in the order of the keys. `two` draws instead.
// Spec: docs/placement.md, "Policies".

import type { Demand, Policy } from './demand.ts';
import { FEW_NODES } from './limits.ts';
import type { PlaceNode, Room } from './node.ts';
import { memoryLeftMib, shareLeft } from './score.ts';

/** A node that fits has told its room. */
export type Fitting = PlaceNode & { readonly room: Room };

type Figure = (demand: Demand, node: Fitting) => number;

export interface Rank {
  readonly first: Figure;
  readonly second: Figure;
}

const share: Figure = (demand, { room }) => shareLeft(demand, room);
const memory: Figure = (demand, { room }) => memoryLeftMib(demand, room);
const minus =
  (figure: Figure): Figure =>
  (demand, node) =>
    -figure(demand, node);
/** The place of a node in the list of the spec. */
const place: Figure = ({ nodes }, { key, name }) =>
  nodes?.findIndex((named) => named === key || named === name) ?? -1;

export const RANKS: Readonly<Record<Exclude<Policy, 'two'>, Rank>> = {
  mostFree: { first: memory, second: share },
  pack: { first: minus(share), second: minus(memory) },
  pin: { first: minus(place), second: () => 0 },
};

/** What `two` compares. */
export const WORTH: Figure = share;

export function policyFor({ policy }: Demand, fitting: number): Policy {
  return policy ?? (fitting < FEW_NODES ? 'mostFree' : 'two');
}
