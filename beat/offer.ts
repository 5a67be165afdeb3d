// What a host still promises to new work: what is there less what is reserved, by its own book. The
// headroom beside it is what it observes, which work that was just taken has not changed yet.
// Spec: docs/heartbeat.md, "Offer".

import type { kith } from '../proto/wire.js';
import { GPUS_MAX } from './limits.ts';

/** `recovering`: it has not found everything again that ran; `frozen`: its daemon is replaced. */
export type Taking = 'open' | 'recovering' | 'draining' | 'frozen';

export type WorkKind = 'job' | 'vm';

export interface Offer {
  readonly taking: Taking;
  /** What it has something to run with. */
  readonly kinds: readonly WorkKind[];
  /** With overcommitment: may be more than there is. */
  readonly cpuMilli: number | null;
  readonly memMib: number | null;
  readonly diskMib: number | null;
  /** Which of the cards of the headroom have a holder, by their place there. */
  readonly takenCards: readonly number[];
  /** Pieces of work that hold room. */
  readonly held: number;
}

const TAKING: readonly Taking[] = ['open', 'recovering', 'draining', 'frozen'];
const KINDS: readonly WorkKind[] = ['job', 'vm'];

export function offerFields(offer: Offer): kith.BeatOffer {
  const { taking, kinds, takenCards, ...figures } = offer;
  return {
    ...figures,
    taking: TAKING.indexOf(taking),
    kinds: KINDS.reduce((bits, kind, at) => bits | (kinds.includes(kind) ? 1 << at : 0), 0),
    takenCards: takenCards.filter((at) => at < GPUS_MAX),
  };
}

/** Null where no honest sender writes so. */
export function readOffer(from: kith.BeatOffer): Offer | null {
  const { takenCards } = from;
  if (takenCards.length > GPUS_MAX || takenCards.some((at) => at >= GPUS_MAX)) return null;
  return {
    // What a later version means by another number is no invitation.
    taking: TAKING[from.taking] ?? 'frozen',
    kinds: KINDS.filter((_, at) => (from.kinds & (1 << at)) !== 0),
    cpuMilli: from.cpuMilli ?? null,
    memMib: from.memMib ?? null,
    diskMib: from.diskMib ?? null,
    takenCards,
    held: from.held,
  };
}
