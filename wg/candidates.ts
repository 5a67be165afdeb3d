// Where to look for a peer: at most ten addresses, the likelier first. What is tried costs a packet
// each, so that a wrong one is no danger; but an address of our own, or of the mesh itself, would
// send us to ourselves. Spec: docs/links.md, "Candidates".

import { canonicalEndpoint } from './ip.ts';
import { CANDIDATES_MAX } from './link-limits.ts';
import { isIpv6, lacksLink, liesIn, scopeOf } from './scope.ts';

export type Origin = 'first' | 'lan' | 'ipv6' | 'observed' | 'configured' | 'last';

export interface Candidate {
  readonly endpoint: string;
  readonly origin: Origin;
}

export interface Known {
  /** Where it was just spoken to, such as in the ceremony that admitted it. */
  readonly first: readonly string[];
  /** Sources of its beacons on a network that we are on too. */
  readonly lan: readonly string[];
  /** What it says of its own interfaces. */
  readonly own: readonly string[];
  /** Where others see it, the newest first. */
  readonly observed: readonly string[];
  /** Those of its record in the ledger that are numbers; names are looked up before. */
  readonly configured: readonly string[];
  /** Where it was reached last, by this or an earlier run. */
  readonly last: readonly string[];
}
export const NOTHING_KNOWN: Known = {
  first: [],
  lan: [],
  own: [],
  observed: [],
  configured: [],
  last: [],
};

export interface Here {
  /** Endpoints of this node itself. */
  readonly own: readonly string[];
  /** The prefix of the mesh. */
  readonly network: string;
}

/**
 * A private address is tried where its owner is on our network, or says so itself: it wrote it into
 * its record, or we were there before. A word of a third about private addresses is refused before
 * (observations.ts).
 */
export function candidatesOf(known: Known, here: Here): Candidate[] {
  const isFit = (endpoint: string): boolean =>
    scopeOf(endpoint) !== 'none' &&
    !lacksLink(endpoint) &&
    !here.own.includes(endpoint) &&
    !liesIn(here.network, endpoint);
  const isGlobal6 = (endpoint: string): boolean =>
    isIpv6(endpoint) && scopeOf(endpoint) === 'public';
  const named = [...known.configured, ...known.own];
  const order: readonly (readonly [Origin, readonly string[]])[] = [
    ['first', known.first],
    ['lan', known.lan],
    ['ipv6', [...named, ...known.observed].filter(isGlobal6)],
    ['observed', known.observed],
    ['configured', named],
    ['last', known.last],
  ];
  // Whatever else is known of it: there it is on our own network.
  const lan = new Set(known.lan.map(canonicalEndpoint));
  const seen = new Set<string>();
  const out: Candidate[] = [];
  for (const [origin, texts] of order) {
    for (const text of texts) {
      const endpoint = canonicalEndpoint(text);
      if (endpoint === null || seen.has(endpoint) || !isFit(endpoint)) continue;
      seen.add(endpoint);
      out.push({ endpoint, origin: lan.has(endpoint) ? 'lan' : origin });
    }
  }
  return out.slice(0, CANDIDATES_MAX);
}
