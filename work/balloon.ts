// Memory that is taken back from a guest, and given again: how far a balloon may be blown up. What
// a guest says of itself is a veto and never a reason: one that says nothing keeps what it has.
// Spec: docs/machines.md, "Memory".

import { GUEST_SPARE_MIB, GUEST_SPARE_PERCENT } from './limits.ts';
import { type Fields, isFields } from './qmp.ts';

/** In MiB; null: the guest does not say. */
export interface GuestMemory {
  readonly totalMiB: number | null;
  readonly availableMiB: number | null;
}

export interface BalloonWish {
  readonly memMiB: number;
  /** It always keeps as much. */
  readonly memMinMiB: number;
  /** What somebody would like it to have. */
  readonly wantMiB: number;
  /** What it has now. */
  readonly hasMiB: number;
  readonly guest: GuestMemory;
}

export interface BalloonVerdict {
  readonly toMiB: number;
  /** Why it is not what was wanted; null: it is. */
  readonly veto: string | null;
}

const MIB = 1_048_576;

export function balloonTo({
  memMiB,
  memMinMiB,
  wantMiB,
  hasMiB,
  guest,
}: BalloonWish): BalloonVerdict {
  if (wantMiB >= hasMiB) return { toMiB: Math.min(wantMiB, memMiB), veto: null };
  if (guest.availableMiB === null) {
    return { toMiB: hasMiB, veto: 'the guest does not say how much it can spare' };
  }
  const spare = Math.max(GUEST_SPARE_MIB, Math.ceil((hasMiB * GUEST_SPARE_PERCENT) / 100));
  const canGive = Math.max(0, guest.availableMiB - spare);
  const least = Math.max(memMinMiB, hasMiB - canGive);
  if (wantMiB >= least) return { toMiB: wantMiB, veto: null };
  const toMiB = Math.min(least, hasMiB);
  const veto =
    least === memMinMiB
      ? `it always keeps ${memMinMiB} MiB`
      : `the guest has no more than ${guest.availableMiB} MiB to spare`;
  return { toMiB, veto };
}

/** From `guest-stats` of the balloon. What a guest leaves out comes as 2^64-1. */
export function guestMemoryIn(answer: unknown): GuestMemory {
  const stats: Fields = isFields(answer) && isFields(answer['stats']) ? answer['stats'] : {};
  const mib = (name: string): number | null => {
    const bytes = stats[name];
    return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0
      ? Math.floor(bytes / MIB)
      : null;
  };
  return { totalMiB: mib('stat-total-memory'), availableMiB: mib('stat-available-memory') };
}
