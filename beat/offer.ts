// What a host still promises to new work: what is there less what is reserved, by its own book. The
// headroom beside it is what it observes, which work that was just taken has not changed yet.
// Spec: docs/heartbeat.md, "Offer".

import { assert } from '../proto/assert.ts';
import { concat, fromBase64url, toBase64url } from '../proto/bytes.ts';
import type { Digest } from '../proto/ids.ts';
import type { kith } from '../proto/wire.js';
import { GPUS_MAX, IMAGES_TOLD_MAX, IMAGE_BYTES, IMAGE_CHARS } from './limits.ts';

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
  /** Images that it holds whole, the newest first. */
  readonly images: readonly ImageBrief[];
  readonly beside: Readonly<Record<WorkKind, Beside>>;
}

/** The beginning of the id of an image: base64url of 6 bytes. */
export type ImageBrief = string;

export function imageBriefOf(id: Digest): ImageBrief {
  return id.slice(0, IMAGE_CHARS);
}

export const NOTHING_BESIDE: Beside = { memMib: 0, diskMib: 0 };

const TAKING: readonly Taking[] = ['open', 'recovering', 'draining', 'frozen'];
const KINDS: readonly WorkKind[] = ['job', 'vm'];

export function offerFields(offer: Offer): kith.BeatOffer {
  const { taking, kinds, takenCards, images, beside, ...figures } = offer;
  return {
    ...{ ...figures, job: besideFields(beside.job), vm: besideFields(beside.vm) },
    taking: TAKING.indexOf(taking),
    kinds: KINDS.reduce((bits, kind, at) => bits | (kinds.includes(kind) ? 1 << at : 0), 0),
    takenCards: takenCards.filter((at) => at < GPUS_MAX),
    images: concat(...images.slice(0, IMAGES_TOLD_MAX).map(rawBrief)),
  };
}

function rawBrief(brief: ImageBrief): Uint8Array {
  const bytes = fromBase64url(brief);
  assert(bytes?.length === IMAGE_BYTES, 'an image is named by the beginning of its id');
  return bytes;
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
  const { takenCards, images } = from;
  if (takenCards.length > GPUS_MAX || takenCards.some((at) => at >= GPUS_MAX)) return null;
  if (images.length % IMAGE_BYTES !== 0 || images.length > IMAGES_TOLD_MAX * IMAGE_BYTES)
    return null;
  return {
    // What a later version means by another number is no invitation.
    taking: TAKING[from.taking] ?? 'frozen',
    kinds: KINDS.filter((_, at) => (from.kinds & (1 << at)) !== 0),
    cpuMilli: from.cpuMilli ?? null,
    memMib: from.memMib ?? null,
    diskMib: from.diskMib ?? null,
    takenCards,
    held: from.held,
    images: Array.from({ length: images.length / IMAGE_BYTES }, (_, at) =>
      toBase64url(images.subarray(at * IMAGE_BYTES, (at + 1) * IMAGE_BYTES)),
    ),
    beside: { job: besideIn(from.job), vm: besideIn(from.vm) },
  };
}
