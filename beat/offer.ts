// What a host still promises to new work: what is there less what is reserved, by its own book. The
// headroom beside it is what it observes, which work that was just taken has not changed yet.
// Spec: docs/heartbeat.md, "Offer".

import type { kith } from '../proto/wire.js';
import { GPUS_MAX } from './limits.ts';

/** `recovering`: it has not found everything again that ran; `frozen`: its daemon is replaced. */
export type Taking = 'open' | 'recovering' | 'draining' | 'frozen';

export type WorkKind = 'job' | 'vm';

/** What a host charges a piece of work beside its own wish: an emulator, files of logs. */
export interface Beside {
  readonly memMib: number;
  readonly diskMib: number;
}

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
  readonly beside: Readonly<Record<WorkKind, Beside>>;
}

export const NOTHING_BESIDE: Beside = { memMib: 0, diskMib: 0 };

const TAKING: readonly Taking[] = ['open', 'recovering', 'draining', 'frozen'];
const KINDS: readonly WorkKind[] = ['job', 'vm'];

export function offerFields(offer: Offer): kith.BeatOffer {
  const { taking, kinds, takenCards, beside, ...figures } = offer;
  return {
    ...{ ...figures, job: besideFields(beside.job), vm: besideFields(beside.vm) },
    taking: TAKING.indexOf(taking),
    kinds: KINDS.reduce((bits, kind, at) => bits | (kinds.includes(kind) ? 1 << at : 0), 0),
    takenCards: takenCards.filter((at) => at < GPUS_MAX),
  };
}

function besideFields(beside: Beside): kith.BeatBeside | null {
  return beside.memMib === 0 && beside.diskMib === 0 ? null : beside;
}

function besideIn(from: kith.BeatBeside | null | undefined): Beside {
  return from === null || from === undefined
    ? NOTHING_BESIDE
    : { memMib: from.memMib, diskMib: from.diskMib };
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
    beside: { job: besideIn(from.job), vm: besideIn(from.vm) },
  };
}
