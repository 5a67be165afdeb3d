// What a node of a large network passes on: packets with a new doubt, or with its refutation, to a
// few members at once, and with each heartbeat some that it heard first-hand, so that everybody
// knows the room of some hundred hosts. How much is bounded, whatever the size of the network.
// Spec: docs/heartbeat.md, "Spreading".

import type { Key } from '../proto/ids.ts';
import { PASSED_ON, SPREAD_MAX, SPREAD_TO, SUSPECT_AFTER_MS } from './limits.ts';
import type { Heart, HeartOut, HeartStep } from './heart.ts';

/** News go on to a few members drawn at random. */
export function spread(heart: Heart, seed: number): HeartStep {
  if (heart.hot.length === 0) return { heart, out: [] };
  const roll = diceOf(seed);
  const out = heart.hot.slice(0, SPREAD_MAX).flatMap((key): HeartOut[] => {
    const kept = heart.kept.get(key);
    const to = drawn(heart, SPREAD_TO, roll).filter((member) => member !== key);
    return kept === undefined || to.length === 0 ? [] : [{ kind: 'pass', to, packet: kept.packet }];
  });
  return { heart: { ...heart, hot: heart.hot.slice(SPREAD_MAX) }, out };
}

/** Some of what was heard first-hand, each to another member. */
export function passedOn(heart: Heart, seed: number): HeartOut[] {
  if (!heart.ring.isLarge) return [];
  const roll = diceOf(seed ^ 0x5bd1e995);
  const { watchMs } = heart.watch;
  const own = [...heart.kept.values()].filter(
    (kept) => kept.firstHand && watchMs - kept.watchMs < SUSPECT_AFTER_MS,
  );
  if (own.length === 0) return [];
  return drawn(heart, PASSED_ON, roll).flatMap((member): HeartOut[] => {
    const { beat, packet } = own[roll(own.length)] as (typeof own)[number];
    return beat.subject === member ? [] : [{ kind: 'pass', to: [member], packet }];
  });
}

function drawn({ ring, self }: Heart, count: number, roll: Roll): Key[] {
  const found = new Set<Key>();
  // A few draws more than needed: one may hit this node, or the same twice.
  for (let i = 0; i < 2 * count && found.size < count && ring.members.length > 1; i++) {
    const member = ring.members[roll(ring.members.length)] as Key;
    if (member !== self) found.add(member);
  }
  return [...found];
}

type Roll = (below: number) => number;

/** Mulberry32: small, and good enough to choose whom to tell. */
function diceOf(seed: number): Roll {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
