// Whether a member is alive, as far as this node has heard with its own ears: a packet that its
// subject signed and sent here itself, newer than all before. Hearsay never makes anybody alive or
// dead; it may only raise doubts (doubts.ts). One small value for each member, and functions that
// answer the next one. Spec: docs/heartbeat.md, "Liveness".

import type { Key } from '../proto/ids.ts';
import { CLOCK_JUMP_MS, DOWN_AFTER_MS, LOOK_MS_MAX, SUSPECT_AFTER_MS } from './limits.ts';
import { type Mark, NEVER, isNewer } from './mark.ts';
import { SILENT, type Spoken, type Voices, heardVoice, quieted } from './voices.ts';

/** `unheard`: not heard since this node started, or not due to speak to it. */
export type Liveness = 'unheard' | 'alive' | 'suspect' | 'down';

export interface Subject {
  readonly key: Key;
  /** True where it should speak to this node: all do in a small network, the watched in a large. */
  readonly expected: boolean;
  readonly state: Liveness;
  /** Since when, by the watch. */
  readonly sinceMs: number;
  /** When it was last heard first-hand, by the watch; null where it was not. */
  readonly heardMs: number | null;
  /** The same by our calendar, also from before this node's last start: for people. */
  readonly heardAtMs: number | null;
  /** Of the last packet that counted, also before this node's last start. */
  readonly mark: Mark;
  /** Of the newest packet seen at all, relayed ones included. */
  readonly newest: Mark;
  readonly voices: Voices;
  /** Its calendar clock less ours, the shortest road counted; null before the first packet. */
  readonly clockOffsetMs: number | null;
}

export type SubjectNews =
  | {
      readonly what: 'liveness';
      readonly key: Key;
      readonly from: Liveness;
      readonly to: Liveness;
    }
  /** Two machines speak with one key, or do not any more. */
  | { readonly what: 'clone'; readonly key: Key; readonly found: boolean };

export interface SubjectStep {
  readonly subject: Subject;
  readonly news: readonly SubjectNews[];
}

/** A clock that stops while nobody looks at it: our own sleep must not make others silent. */
export interface Watch {
  readonly watchMs: number;
  readonly lookedMs: number;
}

export function startWatch(nowMs: number): Watch {
  return { watchMs: 0, lookedMs: nowMs };
}

export function looked(watch: Watch, nowMs: number): Watch {
  const passedMs = Math.min(Math.max(nowMs - watch.lookedMs, 0), LOOK_MS_MAX);
  return { watchMs: watch.watchMs + passedMs, lookedMs: Math.max(nowMs, watch.lookedMs) };
}

/** What is kept of a member over a restart of this node. */
export interface Remembered {
  readonly mark: Mark;
  readonly heardAtMs: number | null;
}
const NOTHING: Remembered = { mark: NEVER, heardAtMs: null };

export function newSubject(
  key: Key,
  expected: boolean,
  watchMs: number,
  { mark, heardAtMs }: Remembered = NOTHING,
): Subject {
  return {
    key,
    expected,
    state: 'unheard',
    sinceMs: watchMs,
    heardMs: null,
    heardAtMs,
    mark,
    newest: mark,
    voices: SILENT,
    clockOffsetMs: null,
  };
}

export interface FirstHand extends Spoken {
  readonly clockMs: number;
}

/**
 * A packet came from its subject itself; `fresh` tells whether it was newer than all before, and
 * only such a one may be used.
 */
export function heardFirstHand(
  subject: Subject,
  packet: FirstHand,
  watchMs: number,
  calendarMs: number,
): SubjectStep & { readonly fresh: boolean } {
  const voices = heardVoice(subject.voices, packet, watchMs);
  const fresh = isNewer(packet, subject.mark);
  const before = subject;
  let after: Subject = { ...subject, voices };
  if (fresh) {
    const { incarnation, sequence } = packet;
    const mark = { incarnation, sequence };
    after = {
      ...entered(after, 'alive', watchMs),
      heardMs: watchMs,
      heardAtMs: calendarMs,
      mark,
      newest: isNewer(mark, subject.newest) ? mark : subject.newest,
      clockOffsetMs: offsetOf(subject.clockOffsetMs, packet.clockMs - calendarMs),
    };
  }
  return { subject: after, news: newsOf(before, after), fresh };
}

/** A packet of it came through somebody else: it may refute doubts, and revives nobody. */
export function heardOf(subject: Subject, packet: Mark): Subject {
  if (!isNewer(packet, subject.newest)) return subject;
  const { incarnation, sequence } = packet;
  return { ...subject, newest: { incarnation, sequence } };
}

/** Time has passed. */
export function waitedFor(subject: Subject, watchMs: number): SubjectStep {
  const voices = quieted(subject.voices, watchMs);
  const state = stateAfter(subject, watchMs);
  if (voices === subject.voices && state === subject.state) return { subject, news: [] };
  const after = entered({ ...subject, voices }, state, watchMs);
  return { subject: after, news: newsOf(subject, after) };
}

/** It is due to speak to this node from now on, or not any more. */
export function expecting(subject: Subject, expected: boolean, watchMs: number): SubjectStep {
  if (subject.expected === expected) return { subject, news: [] };
  // Its time begins now: until this moment it spoke to others.
  const heardMs = expected && subject.heardMs !== null ? watchMs : subject.heardMs;
  return waitedFor({ ...subject, expected, heardMs }, watchMs);
}

function stateAfter({ state, expected, heardMs }: Subject, watchMs: number): Liveness {
  if (heardMs === null || state === 'unheard') return 'unheard';
  const silentMs = watchMs - heardMs;
  if (silentMs < SUSPECT_AFTER_MS) return state;
  if (!expected) return 'unheard';
  return silentMs < DOWN_AFTER_MS ? 'suspect' : 'down';
}

function entered(subject: Subject, state: Liveness, watchMs: number): Subject {
  return subject.state === state ? subject : { ...subject, state, sinceMs: watchMs };
}

function newsOf(before: Subject, after: Subject): SubjectNews[] {
  const { key } = after;
  const news: SubjectNews[] = [];
  if (before.state !== after.state) {
    news.push({ what: 'liveness', key, from: before.state, to: after.state });
  }
  const found = after.voices.cloneMs !== null;
  if (found !== (before.voices.cloneMs !== null)) news.push({ what: 'clone', key, found });
  return news;
}

// A packet that took long on its way looks like a clock that is behind: the least delayed counts,
// and is forgotten slowly, since clocks drift.
function offsetOf(before: number | null, sampleMs: number): number {
  if (before === null || sampleMs > before || before - sampleMs > CLOCK_JUMP_MS) return sampleMs;
  return Math.round(before - (before - sampleMs) / 8);
}
