// The nodes as rows: the ledger's word on each, and what the daemon hears of it beside it.

import type { PeerLink } from '../../proto/status.ts';
import type { Key } from '../../proto/ids.ts';
import { type NodeHeard, type RosterFacts, valueOf } from '../facts.ts';
import type { Model } from '../model.ts';

export interface NodeRow {
  readonly key: Key;
  readonly name: string;
  readonly fingerprint: string;
  readonly standing: 'active' | 'frozen' | 'removed';
  readonly isHere: boolean;
  readonly labels: readonly string[];
  readonly admitted: string | null;
  readonly actions: readonly string[];
  readonly heard: NodeHeard | null;
  readonly link: PeerLink | null;
}

const rowsOf = new WeakMap<object, { heard: unknown; links: unknown; rows: readonly NodeRow[] }>();

/** Those of the network first, by name; then those that were removed. Made anew when facts are. */
export function nodeRows({ facts }: Model): readonly NodeRow[] {
  const roster = valueOf(facts.roster);
  if (roster === null) return [];
  const [heard, links] = [valueOf(facts.nodes), valueOf(facts.peers)];
  const known = rowsOf.get(roster);
  if (known !== undefined && known.heard === heard && known.links === links) return known.rows;
  const rows = joined(roster, heard ?? [], links ?? []);
  rowsOf.set(roster, { heard, links, rows });
  return rows;
}

function joined(
  { nodes }: RosterFacts,
  heard: readonly NodeHeard[],
  links: readonly PeerLink[],
): readonly NodeRow[] {
  const heardBy = new Map(heard.map((node) => [node.key, node]));
  const linkBy = new Map(links.map((link) => [link.key, link]));
  const rank = { active: 0, frozen: 1, removed: 2 } as const;
  return nodes
    .map(({ key, name, fingerprint, standing, here, labels, admitted, grants }) => ({
      ...{ key, name, fingerprint, standing, isHere: here, labels, admitted },
      actions: [...new Set(grants.map(({ action }) => action))],
      heard: heardBy.get(key) ?? null,
      link: linkBy.get(key) ?? null,
    }))
    .toSorted((a, b) => rank[a.standing] - rank[b.standing] || (a.name < b.name ? -1 : 1));
}
