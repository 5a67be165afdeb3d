// Who speaks to whom. In a small network everybody to everybody; in a large one that would cost the
// square, so each member is watched by eight others, chosen by hash: everyone finds the same eight,
// and a change of members moves few of them. The hash spreads load and is no secret: whoever makes
// keys until they watch a member gains one doubt that its next packet refutes.
// Spec: docs/heartbeat.md, "Watchers".

import { fromBase64url } from '../proto/bytes.ts';
import type { Key } from '../proto/ids.ts';
import { RING_MEMBERS_MIN, WATCHERS } from './limits.ts';

export interface Ring {
  /** All members, this node too. */
  readonly members: readonly Key[];
  readonly isLarge: boolean;
  /** The first eight bytes of each key, as two numbers, in the order of `members`. */
  readonly words: Uint32Array;
  /** Where each member stands in that order. */
  readonly places: ReadonlyMap<Key, number>;
}

export function ringOf(members: readonly Key[]): Ring {
  const isLarge = members.length >= RING_MEMBERS_MIN;
  const words = new Uint32Array(2 * members.length);
  const places = new Map(members.map((key, place) => [key, place]));
  for (const [key, place] of places) {
    const [low, high] = wordsOf(key);
    words[2 * place] = low;
    words[2 * place + 1] = high;
  }
  return { members, isLarge, words, places };
}

/** Whom a member speaks to: its watchers, or everybody. */
export function watchersOf(ring: Ring, subject: Key): Key[] {
  if (!ring.isLarge) return ring.members.filter((member) => member !== subject);
  const score = scorerOf(ring, subject);
  const own = ring.places.get(subject) ?? -1;
  // The best so far, best first.
  const best: number[] = [];
  for (let place = 0; place < ring.members.length; place++) {
    if (place === own) continue;
    const last = best.at(-1);
    if (best.length === WATCHERS && last !== undefined && !isAhead(ring, score, place, last)) {
      continue;
    }
    const at = best.findIndex((other) => isAhead(ring, score, place, other));
    best.splice(at < 0 ? best.length : at, 0, place);
    if (best.length > WATCHERS) best.pop();
  }
  return best.map((place) => ring.members[place] as Key);
}

export function isWatcher(ring: Ring, subject: Key, member: Key): boolean {
  const its = ring.places.get(member);
  if (its === undefined || member === subject) return false;
  if (!ring.isLarge) return true;
  const score = scorerOf(ring, subject);
  const own = ring.places.get(subject) ?? -1;
  const floor = score(its);
  let ahead = 0;
  for (let place = 0; place < ring.members.length; place++) {
    if (score(place) < floor || place === own || place === its) continue;
    if (isAhead(ring, score, place, its)) ahead += 1;
    if (ahead === WATCHERS) return false;
  }
  return true;
}

type Score = (place: number) => number;

// Keys decide between equal scores, so that the order of members never does.
function isAhead({ members }: Ring, score: Score, one: number, other: number): boolean {
  const [a, b] = [score(one), score(other)];
  return a === b ? (members[one] as Key) < (members[other] as Key) : a > b;
}

function wordsOf(key: Key): readonly [number, number] {
  const bytes = fromBase64url(key) as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(0, true), view.getUint32(4, true)];
}

function scorerOf({ words }: Ring, subject: Key): Score {
  const [low, high] = wordsOf(subject);
  const salt = Math.imul(high, 0x9e3779b1);
  return (place) => {
    const first = mixed((low + (words[2 * place] as number)) | 0);
    return mixed(first ^ salt ^ (words[2 * place + 1] as number)) >>> 0;
  };
}

/** The finishing rounds of MurmurHash3: every bit of the input moves every bit of the output. */
function mixed(input: number): number {
  let h = input;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
