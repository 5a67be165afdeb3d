// What a heart says of itself: under which mark, with which doubts, to whom; and who may have an
// answer already. Spec: docs/heartbeat.md, "Pulse".

import { withEntry } from '../proto/entry.ts';
import type { Key } from '../proto/ids.ts';
import { doubtsOf } from './doubts.ts';
import type { Heart, HeartStep } from './heart.ts';
import { ANSWER_MS } from './limits.ts';

/** Its next heartbeat goes to all of them. */
export function spokenTo(heart: Heart, to: readonly Key[], answer: boolean): HeartStep {
  if (to.length === 0) return { heart, out: [] };
  const mark = heart.next;
  const next = { ...mark, sequence: mark.sequence + 1 };
  const doubts = doubtsOf(heart);
  return { heart: { ...heart, next }, out: [{ kind: 'speak', to, mark, doubts, answer }] };
}

export function mayAnswer({ answeredMs }: Heart, key: Key, nowMs: number): boolean {
  const last = answeredMs.get(key);
  return last === undefined || nowMs - last >= ANSWER_MS;
}

export function answeredAt(heart: Heart, key: Key, nowMs: number): Heart {
  return { ...heart, answeredMs: withEntry(heart.answeredMs, key, nowMs) };
}
