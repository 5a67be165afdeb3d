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
  /** The first eight bytes of each key, as two numbers. */
  readonly words: ReadonlyMap<Key, Words>;
}
type Words = readonly [number, number];

export function ringOf(members: readonly Key[]): Ring {
  const isLarge = members.length >= RING_MEMBERS_MIN;
  const words = new Map(isLarge ? members.map((key) => [key, wordsOf(key)]) : []);
  return { members, isLarge, words };
}

/** Whom a member speaks to: its watchers, or everybody. Best first. */
export function watchersOf(ring: Ring, subject: Key): Key[] {
  if (!ring.isLarge) return ring.members.filter((member) => member !== subject);
  const own = ring.words.get(subject) ?? wordsOf(subject);
  const best: { readonly member: Key; readonly score: number }[] = [];
  for (const [member, words] of ring.words) {
    if (member === subject) continue;
    const one = { member, score: scoreOf(own, words) };
    const last = best.at(-1);
    if (best.length === WATCHERS && last !== undefined && !isAhead(one, last)) continue;
    const at = best.findIndex((other) => isAhead(one, other));
    best.splice(at < 0 ? best.length : at, 0, one);
    if (best.length > WATCHERS) best.pop();
  }
  return best.map(({ member }) => member);
}

export function isWatcher(ring: Ring, subject: Key, member: Key): boolean {
  if (!ring.isLarge) return member !== subject && ring.members.includes(member);
  const words = ring.words.get(member);
  if (words === undefined || member === subject) return false;
  const own = ring.words.get(subject) ?? wordsOf(subject);
  const score = scoreOf(own, words);
  let ahead = 0;
  for (const [other, its] of ring.words) {
    if (other === subject || other === member) continue;
    if (isAhead({ member: other, score: scoreOf(own, its) }, { member, score })) ahead += 1;
    if (ahead === WATCHERS) return false;
  }
  return true;
}

function isAhead(
  one: { readonly member: Key; readonly score: number },
  other: { readonly member: Key; readonly score: number },
): boolean {
  return one.score === other.score ? one.member < other.member : one.score > other.score;
}

function wordsOf(key: Key): Words {
  const bytes = fromBase64url(key) as Uint8Array;
  const word = (at: number): number =>
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0;
  return [word(0), word(4)];
}

function scoreOf(subject: Words, member: Words): number {
  const first = mixed((subject[0] + member[0]) | 0);
  return mixed(first ^ Math.imul(subject[1], 0x9e3779b1) ^ member[1]) >>> 0;
}

/** The finishing rounds of MurmurHash3: every bit of the input moves every bit of the output. */
function mixed(input: number): number {
  let h = input;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
