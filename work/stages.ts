// Every stage of a lease: how it is shown to others, what the host does when it begins, and how
// long it may take. What follows when that time is over stands in host-time.ts. The table is
// printed in docs/running.md, "Leases".

import type { LeaseState } from './documents.ts';
import {
  ASK_MS,
  DESTROY_MS,
  GO_MS,
  KILL_MS,
  PREPARE_MS,
  RECEIPT_MS,
  START_MS,
  VERIFY_MS,
} from './host-limits.ts';
import type { Act } from './host-state.ts';
import type { Lease, Stage } from './lease.ts';

interface StageFacts {
  readonly shown: LeaseState;
  readonly act: Act | 'receipt' | 'ask' | null;
  /** Null: its length is the spec's. */
  readonly limitMs: number | null;
}

export const STAGES: Readonly<Record<Stage, StageFacts>> = {
  reserved: { shown: 'reserved', act: null, limitMs: GO_MS },
  waiting: { shown: 'preparing', act: null, limitMs: null },
  preparing: { shown: 'preparing', act: 'prepare', limitMs: PREPARE_MS },
  starting: { shown: 'starting', act: 'start', limitMs: START_MS },
  verifying: { shown: 'starting', act: 'verify', limitMs: VERIFY_MS },
  running: { shown: 'running', act: null, limitMs: null },
  stopping: { shown: 'stopping', act: 'stop', limitMs: null },
  killing: { shown: 'stopping', act: 'kill', limitMs: KILL_MS },
  closing: { shown: 'stopping', act: 'receipt', limitMs: RECEIPT_MS },
  clearing: { shown: 'stopping', act: 'destroy', limitMs: DESTROY_MS },
  held: { shown: 'lost', act: 'ask', limitMs: ASK_MS },
};

/** As others are told. What has ended is so before the last of it is taken away. */
export function shownState({ life: { stage, outcome } }: Lease): LeaseState {
  if (stage !== 'closing' && stage !== 'clearing') return STAGES[stage].shown;
  if (outcome === 'again') return 'preparing';
  return outcome === 'held' ? 'lost' : (outcome ?? STAGES[stage].shown);
}
