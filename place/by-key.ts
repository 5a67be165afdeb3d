// Nodes in the order of their keys, so that a plan does not depend on the order in which they came.
// Ten thousand texts compared pair by pair would take longer than the whole rest of a decision: the
// first characters are packed into numbers, which the platform sorts natively.

import { assert } from '../proto/assert.ts';
import type { Key } from '../proto/ids.ts';

interface Keyed {
  readonly key: Key;
}

/** Five characters of seven bits, and an index below it: as much as an integer holds exactly. */
const CHARS = 5;
const INDEX_MAX: number = 2 ** 18;

export function byKey<Node extends Keyed>(nodes: readonly Node[]): readonly Node[] {
  if (isInOrder(nodes)) return nodes;
  if (nodes.length > INDEX_MAX) return nodes.toSorted(compare);
  const packed = new Float64Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) packed[i] = prefixOf(nodes[i] as Node) * INDEX_MAX + i;
  packed.sort();
  const sorted: Node[] = [];
  for (const value of packed) sorted.push(nodes[value % INDEX_MAX] as Node);
  return settled(sorted);
}

function prefixOf({ key }: Keyed): number {
  let prefix = 0;
  for (let i = 0; i < CHARS; i++) {
    const code = key.charCodeAt(i);
    assert(code < 128, 'a key is base64url');
    prefix = prefix * 128 + code;
  }
  return prefix;
}

function isInOrder(nodes: readonly Keyed[]): boolean {
  for (let i = 1; i < nodes.length; i++)
    if (compare(nodes[i - 1] as Keyed, nodes[i] as Keyed) > 0) return false;
  return true;
}

function compare(a: Keyed, b: Keyed): number {
  return a.key < b.key ? -1 : 1;
}

/** Keys that begin alike are neighbours by now, and mostly there are none. */
function settled<Node extends Keyed>(sorted: Node[]): readonly Node[] {
  for (let i = 1; i < sorted.length; i++) {
    const node = sorted[i] as Node;
    let at = i;
    for (; at > 0 && compare(sorted[at - 1] as Node, node) > 0; at--)
      sorted[at] = sorted[at - 1] as Node;
    sorted[at] = node;
  }
  return sorted;
}
