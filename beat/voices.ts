// Whether one identity speaks from two places. Each start of a daemon draws an instance, so two
// machines with one key are two voices; a process that was copied while it ran has one instance and
// two rising sequences. Either way the older voice speaks again after the newer one: a return. A
// restart has none, and neither has a late packet. Spec: docs/heartbeat.md, "Clones".

import { CLONE_QUIET_MS, RETURNS_MIN, STRAGGLERS_MAX, STRAGGLER_MS } from './limits.ts';
import { type Mark, isNewer } from './mark.ts';

interface Voice extends Mark {
  readonly instance: string;
  /** When it was heard first. */
  readonly firstMs: number;
}

export interface Voices {
  /** The voice with the newest packet. */
  readonly leader: Voice | null;
  /** Another one: an older start, a copy, or a late packet. */
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
  other: null,
  last: 'leader',
  returns: 0,
  returnMs: 0,
  cloneMs: null,
};

export interface Spoken extends Mark {
  readonly instance: string;
}

/** A packet came first-hand, new or not. */
export function heardVoice(voices: Voices, packet: Spoken, nowMs: number): Voices {
  const { leader, other } = voices;
  const { instance, incarnation, sequence } = packet;
  const voice: Voice = { instance, incarnation, sequence, firstMs: nowMs };
  if (leader === null) return { ...voices, leader: voice };
  if (!isNewer(packet, leader)) return heardOlder(voices, leader, voice, nowMs);
  if (instance === leader.instance) {
    return { ...voices, leader: { ...voice, firstMs: leader.firstMs }, last: 'leader' };
  }
  // A new start, unless it has spoken before: then two overtake each other.
  const overtaking = { ...voices, leader: voice, other: leader, last: 'leader' as const };
  return other?.instance === instance ? returned(overtaking, nowMs) : overtaking;
}

function heardOlder(voices: Voices, leader: Voice, voice: Voice, nowMs: number): Voices {
  if (isLate(voice, leader, nowMs)) return voices;
  const { other } = voices;
  if (other?.instance !== voice.instance) return { ...voices, other: voice, last: 'other' };
  if (!isNewer(voice, other)) return voices;
  const advanced: Voices = { ...voices, other: { ...voice, firstMs: other.firstMs } };
  // Of a queue that runs empty nothing is counted: the leader must have spoken in between.
  if (voices.last === 'other') return advanced;
  return returned({ ...advanced, last: 'other' }, nowMs);
}

function isLate(voice: Voice, leader: Voice, nowMs: number): boolean {
  if (voice.instance !== leader.instance) return nowMs - leader.firstMs <= STRAGGLER_MS;
  return (
    voice.incarnation === leader.incarnation && voice.sequence + STRAGGLERS_MAX >= leader.sequence
  );
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
