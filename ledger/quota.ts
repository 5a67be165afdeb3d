// How many records a key may write in its life: a bound on `seq`, so that it needs no clock and
// every replica agrees on it. Spec: docs/ledger.md, "Quota".

import type { Key, RecordId } from '../proto/ids.ts';
import {
  type Chain,
  type CutPoint,
  type Live,
  holds,
  isLive,
  trunkIdAt,
  unsettledPart,
} from './chain.ts';
import type { Act } from './kinds.ts';
import {
  QUOTA_NODE,
  QUOTA_NODE_ROTATION,
  QUOTA_OPERATOR,
  QUOTA_REMOVALS_ABOVE,
  QUOTA_TICKET,
} from './limits.ts';
import type { MemberClass } from './rank.ts';
import type { Shelf } from './shelf.ts';

const BY_CLASS: Readonly<Record<MemberClass, number>> = {
  operator: QUOTA_OPERATOR,
  node: QUOTA_NODE,
  ticket: QUOTA_TICKET,
};

export function classQuota(of: MemberClass): number {
  return BY_CLASS[of];
}

/** The highest seq at which any kind of record may stand. */
export function freeQuota(of: MemberClass, quota: number): number {
  return of === 'node' ? quota - QUOTA_NODE_ROTATION : quota;
}

function isKeyRotation(act: Act): boolean {
  if (act.kind !== 'node.update') return false;
  return act.body.wg !== undefined && Object.keys(act.body).length === 1;
}

/** Whether a record past the free part may stand: the end of a node is for its key rotation, and
 *  a removal goes through above a quota, once per target. */
export function mayStand(
  of: MemberClass,
  quota: number,
  seq: number,
  act: Act,
  removedAbove: ReadonlySet<Key>,
): boolean {
  if (seq <= freeQuota(of, quota)) return true;
  if (of === 'node') return seq <= quota && isKeyRotation(act);
  if (of !== 'operator' || seq > quota + QUOTA_REMOVALS_ABOVE) return false;
  return act.kind === 'member.remove' && !removedAbove.has(act.body.target);
}

/** Who has a quota. */
interface Holder {
  readonly class: MemberClass;
  readonly quota: number;
}

/** The live part, ended before the first record that its author may not have written any more. */
export function withinQuota(
  member: Holder,
  chain: Chain,
  cut: CutPoint | null,
  live: Live,
  shelf: Shelf,
): Live {
  const part = standingPart(member, chain, cut, live, shelf);
  if (live.branch === null || part.seq === live.seq) return part;
  // The honoured record is itself above the quota, so hardly anybody will hold it: it settles
  // nothing.
  return standingPart(member, chain, cut, unsettledPart(chain, cut), shelf);
}

/**
 * Walks on from the free part over what may stand. A record that may not is as good as not held:
 * who refused it at the door and who holds it, even as the other branch of a fork, see the same
 * chain.
 */
function standingPart(
  member: Holder,
  chain: Chain,
  cut: CutPoint | null,
  live: Live,
  shelf: Shelf,
): Live {
  const free = freeQuota(member.class, member.quota);
  if (live.seq < free || (live.seq === free && !live.frozen)) return live;
  const undecided = cut === null ? Number.MAX_SAFE_INTEGER : cut.seq - 1;
  const to = live.frozen ? undecided : live.seq;
  const removed = new Set<Key>();
  const path = new Set<RecordId>();
  let tip: CutPoint = { seq: free, last: liveIdAt(chain, live, free, shelf) };
  for (;;) {
    const { seq, last } = tip;
    const standing =
      seq >= to
        ? []
        : [...shelf.read(chain.author, seq + 1, seq + 1)].filter(
            (record) =>
              record.prev === last &&
              holds(chain, record.seq, record.id, shelf) &&
              (live.frozen || isLive(chain, live, record.seq, record.id)) &&
              mayStand(member.class, member.quota, record.seq, record.act, removed),
          );
    const [next, other] = standing;
    if (next === undefined || other !== undefined) {
      const branch = live.branch ?? (path.size > 0 ? path : null);
      return { seq, id: last, branch, frozen: other !== undefined };
    }
    if (next.act.kind === 'member.remove') removed.add(next.act.body.target);
    if (next.seq > chain.trunk) path.add(next.id);
    tip = { seq: next.seq, last: next.id };
  }
}

function liveIdAt(chain: Chain, live: Live, seq: number, shelf: Shelf): RecordId | '' {
  if (seq <= chain.trunk) return trunkIdAt(chain, seq, shelf);
  for (const id of live.branch ?? []) if (chain.branches.get(id)?.seq === seq) return id;
  return '';
}
