// One node's heart, all of it but the socket: what comes in is a value with a time, what goes out
// is a list of values for the shell to carry out. Nothing here waits, draws or signs, so a network
// of thousands runs in one process under a seed. Spec: docs/heartbeat.md, "The shell".

import type { Key } from '../proto/ids.ts';
import { onPacket } from './arrival.ts';
import {
  type Subject,
  type SubjectNews,
  expecting,
  looked,
  newSubject,
  waitedFor,
} from './detector.ts';
import {
  type Heart,
  type HeartInput,
  type HeartNews,
  type HeartOut,
  type HeartStep,
  type Kept,
  told,
} from './heart.ts';
import { RELAYED_MS } from './limits.ts';
import { isDue, quickened, spoken } from './pulse.ts';
import { type Ring, isWatcher, watchersOf } from './ring.ts';
import { spokenTo } from './speech.ts';
import { passedOn, spread } from './spread.ts';

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
