// A replica as sync sees it. Spec: docs/sync.md, "What may be sent".

import type { Key, RecordId } from '../proto/ids.ts';
import { type Chain, isForked, isLive, trunkIdAt } from './chain.ts';
import { refresh } from './fold.ts';
import { RULES_VERSION } from './limits.ts';
import { type Replica, frontierTrie, liveOf, stateRoot } from './replica.ts';
import type { Holdings, Sendable } from './sync-holdings.ts';

export function holdingsOf(replica: Replica): Holdings {
  return {
    ledger: replica.ledger,
    rules: RULES_VERSION,
    count: () => liveCount(replica),
    stateRoot: () => stateRoot(replica),
    get frontier() {
      return frontierTrie(replica);
    },
    liveId: (author, seq) => liveId(replica, author, seq),
    lines: (author, from) => sendable(replica, author, from),
    generation: (author) => generation(replica, author),
  };
}

/** Live records held: it follows from the frontier, so that equal frontiers have equal counts. */
function liveCount(replica: Replica): number {
  let count = 0;
  for (const entry of frontierTrie(replica).entriesAt('')) count += entry.seq;
  return count;
}

function liveId(replica: Replica, author: Key, seq: number): RecordId | undefined {
  const live = liveOf(replica, author);
  const chain = replica.books.get(author)?.chain;
  if (live === null || chain === undefined || seq < 1 || seq > live.seq) return undefined;
  if (seq === live.seq) return live.id as RecordId;
  if (seq <= chain.trunk) return trunkIdAt(chain, seq, replica.shelf) as RecordId;
  return branchIdAt(chain, live.branch ?? new Set(), seq);
}

function branchIdAt(
  chain: Chain,
  branch: ReadonlySet<RecordId>,
  seq: number,
): RecordId | undefined {
  for (const id of branch) if (chain.branches.get(id)?.seq === seq) return id;
  return undefined;
}

/** The live path and, while a fork is not settled, all that is held past it: the evidence. */
function* sendable(replica: Replica, author: Key, from: number): Iterable<Sendable> {
  const live = liveOf(replica, author);
  const chain = replica.books.get(author)?.chain;
  if (live === null || chain === undefined) return;
  const evidence = live.frozen && isForked(chain);
  const to = evidence ? Number.MAX_SAFE_INTEGER : live.seq;
  const paper = replica.fold.authority.epochs.recoveries.includes(author);
  for (const record of replica.shelf.read(author, from, to)) {
    if (paper && record.act.kind !== 'root.rotate') continue;
    if (evidence || isLive(chain, live, record.seq, record.id)) yield record;
  }
}

/** Steps of admission from the first roots; each recovery counts as one. */
function generation(replica: Replica, author: Key): number {
  refresh(replica.fold);
  const { members, epochs } = replica.fold.authority;
  const member = members.get(author);
  if (member === undefined) return Math.max(0, epochs.recoveries.indexOf(author));
  return member.rank.length - 2 - (member.rank[0] as number);
}
