// Where the cores meet: what a ledger adds up to, as the roster that the mesh works with. The cores
// do not know each other; a member of the ledger becomes a peer with an address here, and nowhere
// else. Rows are remembered by key: a row that has not changed is the same object, so that whoever
// compares rosters pays for what differs and not for the network. Spec: docs/mesh.md, "The roster".

import { stateOf } from '../ledger/replica.ts';
import type { Replica } from '../ledger/replica.ts';
import type { MemberState, State } from '../ledger/state.ts';
import type { Key, RecordId } from '../proto/ids.ts';
import { networkPrefix, nodeAddress, nodePrefix, nodePrefixes } from '../wg/address.ts';
import { type Ipv4Conflict, settleIpv4 } from '../wg/ipv4.ts';

/** A node that is a member now. */
export interface RosterRow {
  readonly key: Key;
  /** What it is shown as: no two nodes have the same. */
  readonly name: string;
  /** Its WireGuard key in Ed25519 form; null where a senior claims the same. */
  readonly wg: Key | null;
  readonly counter: number;
  /** `HOST:PORT`, of its underlay door and its WireGuard. */
  readonly endpoints: readonly string[];
  readonly labels: readonly string[];
  /** Its IPv6 address on the mesh, and the /96 that it is the first of. */
  readonly address: string;
  readonly prefix: string;
  readonly ipv4: string | null;
  /** The record that admitted it. */
  readonly admittedAt: RecordId;
}

export interface Roster {
  readonly ledger: RecordId;
  /** `fd…::/48` */
  readonly network: string;
  /** The senior first. */
  readonly rows: readonly RosterRow[];
  readonly byKey: ReadonlyMap<Key, RosterRow>;
  /** Every WireGuard key that a roster of this keeper has had, in Ed25519 form. */
  readonly keysSeen: ReadonlySet<Key>;
  /** IPv4 addresses that a node claims and does not have on this machine. */
  readonly ipv4Conflicts: readonly Ipv4Conflict[];
}

export interface RosterKeeper {
  /** `local`: prefixes that this machine reaches otherwise than through the mesh. */
  of(replica: Replica, local?: readonly string[]): Roster;
}

/** One value, so that rosters without it are the same, too. */
const NOWHERE: readonly string[] = [];

/** Keeps what rosters of one ledger are made of. */
export function rosterKeeper(): RosterKeeper {
  const prefixes = new Map<Key, string>();
  const addresses = new Map<string, string>();
  const rows = new Map<Key, RosterRow>();
  const keysSeen = new Set<Key>();
  let last: { state: State; local: readonly string[]; roster: Roster } | null = null;

  function prefixesOf(replica: Replica, state: State): ReadonlyMap<Key, string> {
    const { ledger, platform } = replica;
    const nodes = state.members.filter((member) => member.class === 'node').map(({ key }) => key);
    let isNew = false;
    for (const key of nodes) {
      if (prefixes.has(key)) continue;
      prefixes.set(key, nodePrefix(ledger, key, 0, platform));
      isNew = true;
    }
    // Two nodes on one prefix: who has to move depends on all of them.
    if (isNew && new Set(prefixes.values()).size < prefixes.size) {
      for (const [key, prefix] of nodePrefixes(ledger, nodes, platform)) prefixes.set(key, prefix);
    }
    return prefixes;
  }

  function addressOf(prefix: string): string {
    const known = addresses.get(prefix);
    if (known !== undefined) return known;
    const address = nodeAddress(prefix);
    addresses.set(prefix, address);
    return address;
  }

  function rowOf(member: MemberState, prefix: string, ipv4: string | null): RosterRow {
    const before = rows.get(member.key);
    if (before !== undefined && isRowOf(before, member, prefix, ipv4)) return before;
    const row: RosterRow = {
      ...{ key: member.key, name: member.shown, labels: member.labels, prefix, ipv4 },
      ...{ wg: member.wg?.key ?? null, counter: member.wg?.counter ?? 0 },
      ...{ endpoints: member.endpoints, address: addressOf(prefix), admittedAt: member.by },
    };
    rows.set(member.key, row);
    if (row.wg !== null) keysSeen.add(row.wg);
    return row;
  }

  return {
    of(replica, local = NOWHERE) {
      const state = stateOf(replica);
      if (last !== null && last.state === state && last.local === local) return last.roster;
      const nodes = state.members.filter(isMeshMember);
      const prefixOf = prefixesOf(replica, state);
      const claims = nodes.flatMap(({ key, ipv4 }) => (ipv4 === undefined ? [] : [{ key, ipv4 }]));
      const { held, conflicts } = settleIpv4(claims, state.defaults.ipv4_range, local);
      const made = nodes.map((node) =>
        rowOf(node, prefixOf.get(node.key) as string, held.get(node.key) ?? null),
      );
      const roster: Roster = {
        ledger: replica.ledger,
        network: last?.roster.network ?? networkPrefix(replica.ledger, replica.platform),
        rows: made,
        byKey: new Map(made.map((row) => [row.key, row])),
        keysSeen,
        ipv4Conflicts: conflicts,
      };
      last = { state, local, roster };
      return roster;
    },
  };
}

/** A frozen node keeps its links: the record that settles the freeze has to reach it. */
function isMeshMember(member: MemberState): boolean {
  return member.class === 'node' && member.removed === undefined;
}

function isRowOf(
  row: RosterRow,
  member: MemberState,
  prefix: string,
  ipv4: string | null,
): boolean {
  return (
    row.name === member.shown &&
    row.wg === (member.wg?.key ?? null) &&
    row.counter === (member.wg?.counter ?? 0) &&
    row.prefix === prefix &&
    row.ipv4 === ipv4 &&
    row.admittedAt === member.by &&
    isSameList(row.endpoints, member.endpoints) &&
    isSameList(row.labels, member.labels)
  );
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((text, i) => text === other[i]))
  );
}
