// What is wanted of the interface at this moment: the roster of the ledger and the dials of the
// links, as a table. Asked anew before every command, and the same object while nothing changed.
// Spec: docs/mesh.md, "Wanted and actual".

import type { Replica } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { type Dial, type Own, type Table, type WantedPeer, wantedTable } from '../../wg/table.ts';
import { type Roster, type RosterKeeper, type RosterRow, rosterKeeper } from '../derive.ts';
import type { Wish } from './applying.ts';

export interface WishingParts {
  readonly replica: Replica;
  readonly self: Key;
  readonly own: () => Own;
  readonly dials: () => ReadonlyMap<Key, Dial>;
  /** Prefixes that this machine reaches otherwise than through the mesh. */
  readonly local: () => readonly string[];
}

export interface Wishing {
  wish(): Wish;
  roster(): Roster;
  /** The members but this node. */
  others(): readonly RosterRow[];
  self(): RosterRow | null;
  /** The key under which a node holds its prefixes just now, as `wg` has it. */
  publicKeyOf(node: Key): string | null;
  /** The same as a function of this moment: for whoever asks about all of them. */
  publicKeys(): (node: Key) => string | null;
  /** The key of its last record, which has no prefix until it has shaken hands. */
  newKeyOf(node: Key): string | null;
}

export function createWishing(parts: WishingParts): Wishing {
  const keeper: RosterKeeper = rosterKeeper();
  const known = new Set<string>();
  let others: { of: Roster; rows: readonly RosterRow[] } | null = null;
  let last: { roster: Roster; dials: readonly (Dial | undefined)[]; own: Own } | null = null;
  let table: Table | null = null;

  const roster = (): Roster => keeper.of(parts.replica, parts.local());

  function othersOf(of: Roster): readonly RosterRow[] {
    if (others?.of !== of) others = { of, rows: of.rows.filter(({ key }) => key !== parts.self) };
    return others.rows;
  }

  function wish(): Wish {
    const now = roster();
    const rows = othersOf(now);
    const dials = parts.dials();
    const own = parts.own();
    const its = rows.map(({ key }) => dials.get(key));
    const isSame =
      table !== null &&
      last?.roster === now &&
      last.own.publicKey === own.publicKey &&
      last.own.listenPort === own.listenPort &&
      its.every((dial, i) => dial === last?.dials[i]);
    if (isSame && table !== null) return { table, known };
    table = wantedTable({ network: now.network, own, rows, dials }, table);
    last = { roster: now, dials: its, own };
    for (const key of table.peers.keys()) known.add(key);
    return { table, known };
  }

  const peersIn = (of: Table, node: Key): readonly WantedPeer[] => of.made.get(node)?.peers ?? [];

  function publicKeys(): (node: Key) => string | null {
    const { table: now } = wish();
    return (node) =>
      peersIn(now, node).find(({ allowed }) => allowed.length > 0)?.publicKey ?? null;
  }

  return {
    wish,
    roster,
    others: () => othersOf(roster()),
    self: () => roster().byKey.get(parts.self) ?? null,
    publicKeys,
    publicKeyOf: (node) => publicKeys()(node),
    newKeyOf: (node) => peersIn(wish().table, node).at(-1)?.publicKey ?? null,
  };
}
