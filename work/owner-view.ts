// What an owner can say of its work at this moment, for people: where it is, how it is there, and
// how sure that is. An answer that did not come is shown as what it is.
// Spec: docs/running.md, "The owner".

import type { Digest, Key } from '../proto/ids.ts';
import type { LeaseState } from './documents.ts';
import type { Moment } from './lease.ts';
import type { Asked, Copy, Ended, Live, Wish } from './owned.ts';
import { hostOf } from './owned.ts';
import { SUSPECT_MS, UNREACHABLE_MS } from './owner-limits.ts';
import { type Owner, silentMs, watchAt } from './owner-state.ts';
import type { Kind } from './spec.ts';

/** `alive` also where the owner has just started, and has heard nobody yet. */
export type Standing = 'alive' | 'suspect' | 'unreachable';

export interface OwnedView {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly digest: Digest;
  readonly generation: number;
  readonly wish: Wish;
  readonly phase: 'planning' | 'reserving' | 'going' | 'following' | 'ended';
  readonly host: Key | null;
  /** As its host said last. */
  readonly state: LeaseState | null;
  /** Of its host; null where it has none, or has ended. */
  readonly standing: Standing | null;
  readonly silentMs: number | null;
  /** Why nobody knows whether it runs there. */
  readonly unknown: string | null;
  readonly ended: Ended | null;
  readonly why: string | null;
  readonly asked: readonly Omit<Asked, 'evidence'>[];
  readonly past: readonly Copy[];
  readonly receipts: number;
  readonly placedAt: number;
  readonly endedAt: number | null;
}

export function viewOf(owner: Owner, live: Live, now: Moment): OwnedView {
  const { owned, silent } = live;
  const { phase, spec } = owned;
  const host = hostOf(owned);
  const isOpen = phase.at !== 'ended' && host !== null;
  const silence = isOpen ? silentMs(owner, host, watchAt(owner, now)) : null;
  return {
    ...{ id: owned.id, name: spec.name, kind: spec.kind, digest: owned.digest },
    ...{ generation: owned.generation, wish: owned.wish, phase: phase.at, host },
    state: phase.at === 'following' ? phase.state : null,
    ...{ standing: silence === null ? null : standingAfter(silence), silentMs: silence },
    unknown: phase.at === 'going' ? silent : null,
    ...(phase.at === 'ended' ? { ended: phase.how, why: phase.why } : { ended: null, why: null }),
    asked: owned.asked.map(({ evidence: _, ...asked }) => asked),
    ...{ past: owned.past, receipts: owned.receipts.length },
    ...{ placedAt: owned.placedAt, endedAt: owned.endedAt ?? null },
  };
}

function standingAfter(silence: number): Standing {
  if (silence < SUSPECT_MS) return 'alive';
  return silence < UNREACHABLE_MS ? 'suspect' : 'unreachable';
}
