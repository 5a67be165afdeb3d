// Which kind of NAT a node is behind, judged by what its peers see of it. Endpoint-dependent: every
// destination gets a port of its own, so that what one peer sees helps no other, and a pair of such
// nodes goes straight to a relay. Spec: docs/links.md, "Kinds of NAT".

import { SIGHTING_FRESH_MS } from './link-limits.ts';
import type { Kept } from './observations.ts';
import { hostIn, scopeOf } from './scope.ts';

export type NatKind = 'unknown' | 'independent' | 'dependent';

/**
 * Two observers that see one host under two ports: dependent; under one: independent. A single one
 * judges nothing. Different hosts say nothing either: the node may just have moved, or have an
 * address of each family. `own` are the addresses of its interfaces: there, there is no NAT.
 */
export function natKind(
  sightings: readonly Kept[],
  own: readonly string[],
  nowMs: number,
): NatKind {
  const fresh = sightings.filter(
    ({ endpoint, heardMs }) =>
      nowMs - heardMs < SIGHTING_FRESH_MS && scopeOf(endpoint) === 'public',
  );
  const seen = new Map<string, Map<string, string>>();
  // The newest first: the first word of an observer counts.
  for (const { observer, endpoint } of fresh) {
    const host = hostIn(endpoint);
    const byObserver = seen.get(host) ?? new Map<string, string>();
    if (!byObserver.has(observer)) byObserver.set(observer, endpoint);
    seen.set(host, byObserver);
  }
  let kind: NatKind = fresh.some(({ endpoint }) => own.includes(endpoint))
    ? 'independent'
    : 'unknown';
  for (const byObserver of seen.values()) {
    if (new Set(byObserver.values()).size > 1) return 'dependent';
    if (byObserver.size > 1) kind = 'independent';
  }
  return kind;
}
