// What a packet does to a heart: first-hand it makes its subject alive, passed on it tells of one,
// and this node's own word under a mark that it has not reached tells of a second machine.
// Spec: docs/heartbeat.md, "Order" and "Liveness".

import { copyOf, withEntry } from '../proto/entry.ts';
import type { Key } from '../proto/ids.ts';
import { type Subject, heardFirstHand, heardOf, newSubject } from './detector.ts';
import { isRefutation, tellsNewDoubt } from './doubts.ts';
import { type Heart, type HeartInput, type HeartOut, type HeartStep, told } from './heart.ts';
import { INTERVAL_MS, KEPT_MAX, RECENT_MAX } from './limits.ts';
import { isNewer } from './mark.ts';
import type { Beat } from './packet.ts';
import { isWatcher } from './ring.ts';
import { answeredAt, mayAnswer, spokenTo } from './speech.ts';

type PacketInput = Extract<HeartInput, { kind: 'packet' }>;

/**
 * Whether a packet is worth the check of its signature: hearsay that tells nothing new is not. What
 * comes first-hand always is: an old packet may be that of a second machine.
 */
export function isWorthChecking(heart: Heart, from: Key, beat: Beat): boolean {
  if (from === beat.subject) return true;
  if (beat.subject === heart.self) return !isNewer(heart.next, beat);
  const kept = heart.kept.get(beat.subject);
  const newest = heart.subjects.get(beat.subject)?.newest ?? kept?.beat;
  return newest === undefined || isNewer(beat, newest);
}

export function onPacket(heart: Heart, input: PacketInput, nowMs: number): HeartStep {
  const { beat, from } = input;
  if (beat.subject === heart.self) return onOwn(heart, beat, nowMs);
  const heard = from === beat.subject ? onFirstHand(heart, input, nowMs) : onHearsay(heart, input);
  if (!input.answer || from !== beat.subject || !mayAnswer(heart, from, nowMs)) {
    return heard;
  }
  const answered = answeredAt(heard.heart, from, nowMs);
  const answer = spokenTo(answered, [from], false);
  return { heart: answer.heart, out: [...heard.out, ...answer.out] };
}

function onFirstHand(heart: Heart, input: PacketInput, nowMs: number): HeartStep {
  const { beat, calendarMs } = input;
  const key = beat.subject;
  const { watchMs } = heart.watch;
  const subject = heart.subjects.get(key) ?? stranger(heart, key);
  const { instance, incarnation, sequence, clockMs } = beat;
  const words = { instance, incarnation, sequence, clockMs, print: printOf(input.packet) };
  const step = heardFirstHand(subject, words, watchMs, calendarMs);
  const subjects = withEntry(heart.subjects, key, step.subject);
  const heard = { ...heart, subjects };
  const out = step.news.map(told);
  if (!step.fresh) return corrected(heard, beat, out, nowMs);
  return keep(heard, input, true, out);
}

/** FNV-1a: two heartbeats under one mark differ in it, but for one pair in 2^32. */
function printOf(packet: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of packet) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

// A member that this node did not expect: in a large network it learns whom it watches by hearing.
function stranger(heart: Heart, key: Key): Subject {
  const expected = isWatcher(heart.ring, key, heart.self);
  return newSubject(key, expected, heart.watch.watchMs, heart.remembered.get(key));
}

/** A member that speaks below its own mark is shown its newest packet, and can rise above it. */
function corrected(heart: Heart, beat: Beat, out: readonly HeartOut[], nowMs: number): HeartStep {
  const kept = heart.kept.get(beat.subject);
  if (kept === undefined || !isFarBehind(beat, kept.beat)) return { heart, out };
  if (!mayAnswer(heart, beat.subject, nowMs)) return { heart, out };
  const { packet } = kept;
  return {
    heart: answeredAt(heart, beat.subject, nowMs),
    out: [...out, { kind: 'pass', to: [beat.subject], packet }],
  };
}

// A packet that was overtaken on its way is not: nobody needs to be told.
function isFarBehind(beat: Beat, newest: Beat): boolean {
  return (
    beat.instance !== newest.instance ||
    beat.incarnation < newest.incarnation ||
    beat.sequence + RECENT_MAX < newest.sequence
  );
}

function onHearsay(heart: Heart, input: PacketInput): HeartStep {
  const { beat } = input;
  const subject = heart.subjects.get(beat.subject);
  const newest = subject?.newest ?? heart.kept.get(beat.subject)?.beat;
  if (newest !== undefined && !isNewer(beat, newest)) return { heart, out: [] };
  if (subject === undefined) return keep(heart, input, false, []);
  const subjects = withEntry(heart.subjects, beat.subject, heardOf(subject, beat));
  return keep({ ...heart, subjects }, input, false, []);
}

function keep(
  heart: Heart,
  { beat, packet }: PacketInput,
  firstHand: boolean,
  out: readonly HeartOut[],
): HeartStep {
  const before = heart.kept.get(beat.subject);
  const isNews =
    heart.ring.isLarge &&
    (tellsNewDoubt(heart, beat, before?.beat) || isRefutation(heart, beat, before?.beat));
  const hot =
    isNews && !heart.hot.includes(beat.subject) ? [...heart.hot, beat.subject] : heart.hot;
  const kept = copyOf(heart.kept);
  // What was heard first-hand stays so beside newer hearsay: it may be passed on.
  kept.delete(beat.subject);
  if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value as Key);
  kept.set(beat.subject, { beat, packet, firstHand, watchMs: heart.watch.watchMs });
  const doubting = withDoubts(heart.doubting, beat);
  return {
    heart: { ...heart, kept, hot, doubting },
    out: [...out, { kind: 'heard', beat, firstHand }],
  };
}

function withDoubts(doubting: ReadonlySet<Key>, { subject, doubts }: Beat): ReadonlySet<Key> {
  if (doubts.length > 0 === doubting.has(subject)) return doubting;
  const changed = new Set(doubting);
  if (doubts.length > 0) changed.add(subject);
  else changed.delete(subject);
  return changed;
}

function onOwn(heart: Heart, beat: Beat, nowMs: number): HeartStep {
  // Our own words, back from somebody.
  if (isNewer(heart.next, beat)) return { heart, out: [] };
  const isEarly = heart.raisedMs !== null && nowMs - heart.raisedMs < INTERVAL_MS;
  if (isEarly) return { heart, out: [] };
  const { incarnation } = beat;
  return {
    heart: { ...heart, raisedMs: nowMs },
    out: [
      { kind: 'tell', news: { what: 'rival', incarnation } },
      { kind: 'raise', incarnation: incarnation + 1 },
    ],
  };
}
