// One node's heart, all of it but the socket: what comes in is a value with a time, what goes out
// is a list of values for the shell to carry out. Nothing here waits, draws or signs, so a network
// of thousands runs in one process under a seed. Spec: docs/heartbeat.md, "The shell".

import type { Key } from '../proto/ids.ts';
import {
  type Subject,
  type SubjectNews,
  type Remembered,
  type Watch,
  expecting,
  heardFirstHand,
  heardOf,
  looked,
  newSubject,
  startWatch,
  waitedFor,
} from './detector.ts';
import { doubtsOf, isRefutation, tellsNewDoubt } from './doubts.ts';
import { ANSWER_MS, INTERVAL_MS, KEPT_MAX, RECENT_MAX, RELAYED_MS } from './limits.ts';
import { type Mark, isNewer } from './mark.ts';
import type { Beat, Doubt } from './packet.ts';
import { type Pulse, isDue, quickened, spoken, startPulse } from './pulse.ts';
import { type Ring, isWatcher, ringOf, watchersOf } from './ring.ts';
import { passedOn, spread } from './spread.ts';

/** The last packet of a member. */
export interface Kept {
  readonly beat: Beat;
  readonly packet: Uint8Array;
  readonly firstHand: boolean;
  readonly watchMs: number;
}

export interface Heart {
  readonly self: Key;
  readonly instance: string;
  /** Of the next heartbeat. */
  readonly next: Mark;
  readonly watch: Watch;
  readonly pulse: Pulse;
  readonly ring: Ring;
  /** To whom this node speaks. */
  readonly targets: readonly Key[];
  readonly subjects: ReadonlyMap<Key, Subject>;
  readonly remembered: ReadonlyMap<Key, Remembered>;
  readonly kept: ReadonlyMap<Key, Kept>;
  /** Whose kept packets tell doubts: few, and asked for at each packet. */
  readonly doubting: ReadonlySet<Key>;
  /** Whose packets go on to others with the next look. */
  readonly hot: readonly Key[];
  /** When each asker had its answer, or was told of a newer start of itself. */
  readonly answeredMs: ReadonlyMap<Key, number>;
  readonly raisedMs: number | null;
}

export type HeartInput =
  /** The members have changed: `ringOf` them. */
  | { readonly kind: 'roster'; readonly ring: Ring }
  /** Its signature is right, and it came from the address of the member `from`. */
  | {
      readonly kind: 'packet';
      readonly from: Key;
      readonly beat: Beat;
      /** Without the sender's question: the same bytes for the same heartbeat. */
      readonly packet: Uint8Array;
      readonly answer: boolean;
      readonly calendarMs: number;
    }
  /** Time has passed: at least every two seconds. `seed`: 32 random bits. */
  | { readonly kind: 'look'; readonly seed: number }
  /** Something that heartbeats tell has changed. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'ask'; readonly key: Key }
  /** The incarnation that was asked for is on the disk. */
  | { readonly kind: 'raised'; readonly incarnation: number };

export type HeartNews =
  | SubjectNews
  /** A start of this node that it knows nothing of: a copy of its folder, or a restored backup. */
  | { readonly what: 'rival'; readonly incarnation: number };

export type HeartOut =
  /** Make one heartbeat of this mark, with these doubts, and send it to all of them. */
  | {
      readonly kind: 'speak';
      readonly to: readonly Key[];
      readonly mark: Mark;
      readonly doubts: readonly Doubt[];
      readonly answer: boolean;
    }
  | { readonly kind: 'pass'; readonly to: readonly Key[]; readonly packet: Uint8Array }
  /** Put this incarnation on the disk, then say `raised`. */
  | { readonly kind: 'raise'; readonly incarnation: number }
  /** A packet that is newer than all before. */
  | { readonly kind: 'heard'; readonly beat: Beat; readonly firstHand: boolean }
  | { readonly kind: 'tell'; readonly news: HeartNews };

export interface HeartStep {
  readonly heart: Heart;
  readonly out: readonly HeartOut[];
}

export interface HeartStart {
  readonly self: Key;
  readonly instance: string;
  /** Higher than that of every start before, and on the disk. */
  readonly incarnation: number;
  readonly remembered: ReadonlyMap<Key, Remembered>;
}

export function startHeart(
  { self, instance, incarnation, remembered }: HeartStart,
  nowMs: number,
): Heart {
  return {
    ...{ self, instance, remembered },
    next: { incarnation, sequence: 1 },
    watch: startWatch(nowMs),
    pulse: startPulse(nowMs),
    ring: ringOf([]),
    targets: [],
    subjects: new Map(),
    kept: new Map(),
    doubting: new Set(),
    hot: [],
    answeredMs: new Map(),
    raisedMs: null,
  };
}

export function stepHeart(before: Heart, input: HeartInput, nowMs: number): HeartStep {
  const heart = { ...before, watch: looked(before.watch, nowMs) };
  switch (input.kind) {
    case 'roster':
      return onRoster(heart, input.ring, nowMs);
    case 'packet':
      return onPacket(heart, input, nowMs);
    case 'look':
      return onLook(heart, input.seed, nowMs);
    case 'changed':
      return { heart: { ...heart, pulse: quickened(heart.pulse, nowMs) }, out: [] };
    case 'ask':
      return spokenTo(heart, [input.key], true);
    case 'raised':
      return onRaised(heart, input.incarnation, nowMs);
  }
}

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

function onRoster(heart: Heart, ring: Ring, nowMs: number): HeartStep {
  const { members, places: named } = ring;
  const subjects = new Map<Key, Subject>();
  const news: SubjectNews[] = [];
  const { watchMs } = heart.watch;
  for (const [key, subject] of heart.subjects) {
    if (!named.has(key)) continue;
    const step = expecting(subject, isWatcher(ring, key, heart.self), watchMs);
    subjects.set(key, step.subject);
    news.push(...step.news);
  }
  if (!ring.isLarge) {
    for (const key of members) {
      if (key === heart.self || subjects.has(key)) continue;
      subjects.set(key, newSubject(key, true, watchMs, heart.remembered.get(key)));
    }
  }
  const kept = new Map([...heart.kept].filter(([key]) => named.has(key)));
  const answeredMs = new Map([...heart.answeredMs].filter(([key]) => named.has(key)));
  const targets = named.has(heart.self) ? watchersOf(ring, heart.self) : [];
  const pulse = quickened(heart.pulse, nowMs);
  return {
    heart: { ...heart, ring, targets, subjects, kept, answeredMs, pulse },
    out: news.map(told),
  };
}

type PacketInput = Extract<HeartInput, { kind: 'packet' }>;

function onPacket(heart: Heart, input: PacketInput, nowMs: number): HeartStep {
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
  const words = { ...beat, print: printOf(input.packet) };
  const step = heardFirstHand(subject, words, watchMs, calendarMs);
  const subjects = new Map(heart.subjects).set(key, step.subject);
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
  const subjects = new Map(heart.subjects).set(beat.subject, heardOf(subject, beat));
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
  const kept = new Map(heart.kept);
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

function onRaised(heart: Heart, incarnation: number, nowMs: number): HeartStep {
  if (incarnation <= heart.next.incarnation) return { heart, out: [] };
  const next = { incarnation, sequence: 1 };
  return { heart: { ...heart, next, pulse: quickened(heart.pulse, nowMs) }, out: [] };
}

function onLook(heart: Heart, seed: number, nowMs: number): HeartStep {
  const { watchMs } = heart.watch;
  const out: HeartOut[] = [];
  let changed: Map<Key, Subject> | null = null;
  for (const [key, subject] of heart.subjects) {
    const step = waitedFor(subject, watchMs);
    if (step.subject === subject) continue;
    changed ??= new Map(heart.subjects);
    changed.set(key, step.subject);
    out.push(...step.news.map(told));
  }
  const lost = out.some((one) => one.kind === 'tell' && isLoss(one.news));
  const waited: Heart = {
    ...heart,
    subjects: changed ?? heart.subjects,
    pulse: lost ? quickened(heart.pulse, nowMs) : heart.pulse,
  };
  const { heart: cool, out: spreading } = spread(waited, seed);
  out.push(...spreading);
  if (!isDue(cool.pulse, nowMs)) return { heart: cool, out };
  // The first words of a start ask everybody for theirs: what was known is ten seconds old at most.
  const isFirst = cool.pulse.lastMs === null;
  const due = { ...cool, kept: withoutOld(cool, watchMs), pulse: spoken(nowMs) };
  const speech = spokenTo(due, due.targets, isFirst);
  return { heart: speech.heart, out: [...out, ...speech.out, ...passedOn(due, seed)] };
}

// A doubt is news for the others. That a whole network was lost at once is one heartbeat.
function isLoss(news: HeartNews): boolean {
  return news.what === 'liveness' && news.to === 'suspect';
}

function withoutOld({ kept }: Heart, watchMs: number): ReadonlyMap<Key, Kept> {
  const isOld = (one: Kept): boolean => !one.firstHand && watchMs - one.watchMs > RELAYED_MS;
  for (const one of kept.values()) {
    if (isOld(one)) return new Map([...kept].filter(([, other]) => !isOld(other)));
  }
  return kept;
}

function spokenTo(heart: Heart, to: readonly Key[], answer: boolean): HeartStep {
  if (to.length === 0) return { heart, out: [] };
  const mark = heart.next;
  const next = { ...mark, sequence: mark.sequence + 1 };
  const doubts = doubtsOf(heart);
  return { heart: { ...heart, next }, out: [{ kind: 'speak', to, mark, doubts, answer }] };
}

function mayAnswer({ answeredMs }: Heart, key: Key, nowMs: number): boolean {
  const last = answeredMs.get(key);
  return last === undefined || nowMs - last >= ANSWER_MS;
}

function answeredAt(heart: Heart, key: Key, nowMs: number): Heart {
  return { ...heart, answeredMs: new Map(heart.answeredMs).set(key, nowMs) };
}

function told(news: HeartNews): HeartOut {
  return { kind: 'tell', news };
}
