// How many records a key may write in its life: a bound on `seq`, so that it needs no clock and
// every replica agrees on it. Spec: docs/ledger.md, "Quota".

import type { Key } from '../proto/ids.ts';
import { type Chain, type Live, isLive, trunkIdAt } from './chain.ts';
import type { Act } from './kinds.ts';
import { QUOTA_NODE, QUOTA_NODE_ROTATION, QUOTA_OPERATOR, QUOTA_TICKET } from './limits.ts';
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
  return of === 'operator' && act.kind === 'member.remove' && !removedAbove.has(act.body.target);
}

/** The live part, ended before the first record that its author may not have written any more. */
export function withinQuota(
  member: { readonly class: MemberClass; readonly quota: number },
  chain: Chain,
  live: Live,
  shelf: Shelf,
): Live {
  const free = freeQuota(member.class, member.quota);
  if (live.seq <= free) return live;
  const removed = new Set<Key>();
  let last = live.branch === null ? trunkIdAt(chain, Math.min(free, chain.trunk), shelf) : '';
  for (const record of shelf.read(chain.author, free, live.seq)) {
    if (!isLive(chain, live, record.seq, record.id)) continue;
    if (!mayStand(member.class, member.quota, record.seq, record.act, removed)) {
      return { ...live, seq: record.seq - 1, id: last };
    }
    if (record.seq > free && record.act.kind === 'member.remove') removed.add(record.act.body.target);
    last = record.id;
  }
  return live;
}
