// One author's records: a hash chain, or a tree where the author equivocated. In memory stand only
// the unforked prefix (the trunk) as one number and one id, and what lies past a fork; the shelf
// answers for the rest. Spec: docs/ledger.md, "One chain per author" and "Fork".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Shelf } from './shelf.ts';

interface Branch {
  readonly seq: number;
  readonly prev: RecordId | '';
}

export interface Chain {
  readonly author: Key;
  /** The last seq with nothing but one record at it and below it. */
  trunk: number;
  trunkId: RecordId | '';
  /** The records past the trunk; none while the author is honest. */
  readonly branches: Map<RecordId, Branch>;
}

/** Where a chain is cut: its last honoured place. */
export interface CutPoint {
  readonly seq: number;
  readonly last: RecordId | '';
}

/** The part of a chain that has effect. */
export interface Live {
  readonly seq: number;
  readonly id: RecordId | '';
  /** The live ids past the trunk, where a cut settled a fork; null: everything up to `seq`. */
  readonly branch: ReadonlySet<RecordId> | null;
  /** Two records stand at the next place, and no cut whose record is held has settled which. */
  readonly frozen: boolean;
}

export const NOTHING_LIVE: Live = { seq: 0, id: '', branch: null, frozen: false };

export function emptyChain(author: Key): Chain {
  return { author, trunk: 0, trunkId: '', branches: new Map() };
}

export function isForked(chain: Chain): boolean {
  return chain.branches.size > 0;
}

/** The id at a place of the trunk; '' before the first record. */
export function trunkIdAt(chain: Chain, seq: number, shelf: Shelf): RecordId | '' {
  if (seq === 0) return '';
  if (seq === chain.trunk) return chain.trunkId;
  const ids = shelf.idsAt(chain.author, seq);
  // The shelf may hold lines that no chain has taken yet; only then the trunk has to be walked.
  return ids.length === 1 ? (ids[0] as RecordId) : (trunkIds(chain, seq, shelf)[0] as RecordId);
}

/** The ids of the trunk from a seq to its end, found by walking back over `prev`. */
function trunkIds(chain: Chain, from: number, shelf: Shelf): RecordId[] {
  const ids: RecordId[] = [];
  let id = chain.trunkId;
  for (let seq = chain.trunk; seq >= from; seq--) {
    ids.push(id as RecordId);
    for (const record of shelf.read(chain.author, seq, seq)) {
      if (record.id !== ids.at(-1)) continue;
      id = record.prev;
      break;
    }
  }
  return ids.toReversed();
}

/** True where a record with this seq and prev continues something that is held. */
export function isLinked(chain: Chain, seq: number, prev: RecordId | '', shelf: Shelf): boolean {
  if (seq - 1 > chain.trunk) return prev !== '' && chain.branches.get(prev)?.seq === seq - 1;
  return trunkIdAt(chain, seq - 1, shelf) === prev;
}

/** True where this record is held. */
export function holds(chain: Chain, seq: number, id: RecordId, shelf: Shelf): boolean {
  if (seq > chain.trunk) return chain.branches.has(id);
  return trunkIdAt(chain, seq, shelf) === id;
}

/** How many records stand at one place. */
export function widthAt(chain: Chain, seq: number, shelf: Shelf): number {
  if (seq <= chain.trunk) return 1;
  // The shelf knows by place; to look through all branches would cost more than a signature.
  return isForked(chain) ? shelf.idsAt(chain.author, seq).length : 0;
}

/** Takes a linked record that is not held yet. The shelf may hold it already. */
export function link(
  chain: Chain,
  record: { readonly id: RecordId; readonly seq: number; readonly prev: RecordId | '' },
  shelf: Shelf,
): void {
  if (record.seq === chain.trunk + 1 && !isForked(chain)) {
    chain.trunk = record.seq;
    chain.trunkId = record.id;
    return;
  }
  // A second record at a place of the trunk: everything from there on becomes branches.
  if (record.seq <= chain.trunk) {
    let prev = record.prev;
    let seq = record.seq;
    for (const id of trunkIds(chain, record.seq, shelf)) {
      chain.branches.set(id, { seq: seq++, prev });
      prev = id;
    }
    chain.trunk = record.seq - 1;
    chain.trunkId = record.prev;
  }
  chain.branches.set(record.id, { seq: record.seq, prev: record.prev });
}

/** What of a chain is live under the cut that decides, or under none. */
export function livePart(chain: Chain, cut: CutPoint | null, shelf: Shelf): Live {
  if (cut === null || cut.seq > chain.trunk) {
    const branch = cut === null ? null : pathTo(chain, cut);
    if (cut === null || branch === null) return unsettledPart(chain, cut);
    return { seq: cut.seq, id: cut.last, branch, frozen: false };
  }
  const held = trunkIdAt(chain, cut.seq, shelf) === cut.last;
  // A cut whose record is not held here acts all the same: on what is surely below it.
  const seq = held ? cut.seq : cut.seq - 1;
  return { seq, id: trunkIdAt(chain, seq, shelf), branch: null, frozen: false };
}

/**
 * What is live without a cut that settles: the trunk. Below a cut whose record is not held the fork
 * must show all the same, or who holds one branch only would never be sent the other.
 */
export function unsettledPart(chain: Chain, cut: CutPoint | null): Live {
  const frozen = isForked(chain) && (cut === null || chain.trunk + 1 < cut.seq);
  return { seq: chain.trunk, id: chain.trunkId, branch: null, frozen };
}

/** The ids past the trunk up to a cut's record, or null where that record is not held. */
function pathTo(chain: Chain, cut: CutPoint): ReadonlySet<RecordId> | null {
  const path = new Set<RecordId>();
  let id = cut.last;
  for (let seq = cut.seq; seq > chain.trunk; seq--) {
    const branch = id === '' ? undefined : chain.branches.get(id);
    if (branch === undefined || branch.seq !== seq) return null;
    path.add(id as RecordId);
    id = branch.prev;
  }
  return path;
}

/** True where the record at (seq, id) is part of what is live. */
export function isLive(chain: Chain, live: Live, seq: number, id: RecordId): boolean {
  if (seq > live.seq) return false;
  return seq <= chain.trunk || live.branch === null || live.branch.has(id);
}
