// Whether one identity speaks from two places. Each start of a daemon draws an instance, so two
// machines with one key are two voices; a process that was copied while it ran has one instance and
// two rising sequences. Either way the older voice speaks again after the newer one, or the two say
// different things under one mark: a return. A restart has none, and neither has a late packet or
// a doubled one. Spec: docs/heartbeat.md, "Clones".

import { CLONE_QUIET_MS, RECENT_MAX, RETURNS_MIN, STRAGGLER_MS } from './limits.ts';
import { type Mark, isNewer } from './mark.ts';

export interface Spoken extends Mark {
  readonly instance: string;
  /** A number of the packet's bytes: another one for another packet. */
  readonly print: number;
}

interface Voice extends Spoken {
  /** When it was heard first. */
  readonly firstMs: number;
}

export interface Voices {
  /** The voice with the newest packet, and the last few that it led with, newest last. */
  readonly leader: Voice | null;
  readonly recent: readonly Spoken[];
  /** Another one: an older start, or a copy. */
  readonly other: Voice | null;
  /** Which of them was the last to say something new. */
  readonly last: 'leader' | 'other';
  readonly returns: number;
  readonly returnMs: number;
  /** Since when it is a clone; null where it is none. */
  readonly cloneMs: number | null;
}

export const SILENT: Voices = {
  leader: null,
  recent: [],
  other: null,
  last: 'leader',
  returns: 0,
  returnMs: 0,
  cloneMs: null,
};

/** A packet came first-hand, new or not. */
export function heardVoice(voices: Voices, packet: Spoken, nowMs: number): Voices {
  const { leader, other } = voices;
  const { instance, incarnation, sequence, print } = packet;
  const voice: Voice = { instance, incarnation, sequence, print, firstMs: nowMs };
  if (leader === null) return { ...voices, leader: voice, recent: [voice] };
  if (!isNewer(packet, leader)) return heardOlder(voices, leader, voice, nowMs);
  if (instance === leader.instance) {
    const recent = [...voices.recent, voice].slice(-RECENT_MAX);
    return { ...voices, leader: { ...voice, firstMs: leader.firstMs }, recent, last: 'leader' };
  }
  // A new start, unless it has spoken before: then two overtake each other.
  const led: Voices = { ...voices, leader: voice, recent: [voice], other: leader, last: 'leader' };
  return other?.instance === instance ? returned(led, nowMs) : led;
}

function heardOlder(voices: Voices, leader: Voice, voice: Voice, nowMs: number): Voices {
  if (voice.instance === leader.instance) {
    const twin = voices.recent.find((one) => !isNewer(one, voice) && !isNewer(voice, one));
    // One process never says two things under one mark: two in step with each other do.
    if (twin !== undefined) return twin.print === voice.print ? voices : returned(voices, nowMs);
    // One that was overtaken on its way.
    const [oldest] = voices.recent;
    if (voices.recent.length < RECENT_MAX || (oldest && isNewer(voice, oldest))) return voices;
  } else if (nowMs - leader.firstMs <= STRAGGLER_MS) return voices;
  const { other } = voices;
  if (other?.instance !== voice.instance) return { ...voices, other: voice, last: 'other' };
  if (!isNewer(voice, other)) return voices;
  const advanced: Voices = { ...voices, other: { ...voice, firstMs: other.firstMs } };
  // Of a queue that runs empty nothing is counted: the leader must have spoken in between.
  if (voices.last === 'other') return advanced;
  return returned({ ...advanced, last: 'other' }, nowMs);
}

function returned(voices: Voices, nowMs: number): Voices {
  const returns = voices.returns + 1;
  const cloneMs = returns >= RETURNS_MIN ? (voices.cloneMs ?? nowMs) : null;
  return { ...voices, returns, returnMs: nowMs, cloneMs };
}

/** Time passes: after a long while with one voice there is one machine again. */
export function quieted(voices: Voices, nowMs: number): Voices {
  if (voices.returns === 0 || nowMs - voices.returnMs < CLONE_QUIET_MS) return voices;
  return { ...voices, other: null, last: 'leader', returns: 0, cloneMs: null };
}
