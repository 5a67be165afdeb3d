// What the heart knows of a member, as everybody else reads it: is it there, may work be given to
// it, what did it say last and how long ago. Spec: docs/heartbeat.md, "Liveness".

import type { Key } from '../proto/ids.ts';
import type { Liveness } from './detector.ts';
import { doubtersOf } from './doubts.ts';
import { DOUBTERS_MIN, SUSPECT_AFTER_MS } from './limits.ts';
import type { Heart } from './heart.ts';
import type { Beat } from './packet.ts';
import { isWatcher } from './ring.ts';

export interface View {
  readonly state: Liveness;
  /** How long it has been in this state, as far as this node was awake. */
  readonly forMs: number;
  /** Since it was heard first-hand; null where it was not since this node started. */
  readonly silentMs: number | null;
  /** When it was heard first-hand, by our calendar, also before this node's last start. */
  readonly heardAtMs: number | null;
  /** False in a large network where others watch it: then silence says nothing. */
  readonly expected: boolean;
  /** Two machines speak with its key. */
  readonly clone: boolean;
  /** Watchers that miss it and were not refuted. */
  readonly doubters: readonly Key[];
  readonly clockOffsetMs: number | null;
  /** Its newest packet, or null; how old it is here, and whether it came from itself. */
  readonly beat: Beat | null;
  readonly beatAgeMs: number | null;
  readonly firstHand: boolean;
  /** Work may be given to it, as far as heartbeats tell. */
  readonly usable: boolean;
}

export function viewOf(heart: Heart, key: Key): View {
  const subject = heart.subjects.get(key);
  const kept = heart.kept.get(key);
  const { watchMs } = heart.watch;
  const expected = subject?.expected ?? isWatcher(heart.ring, key, heart.self);
  const state = subject?.state ?? 'unheard';
  const clone = subject !== undefined && subject.voices.cloneMs !== null;
  const doubters = doubtersOf(heart, key);
  const beatAgeMs = kept === undefined ? null : watchMs - kept.watchMs;
  // Hearsay gives a host work only where nobody else may speak for it here.
  const isSeen =
    state === 'alive' || (!expected && beatAgeMs !== null && beatAgeMs < SUSPECT_AFTER_MS);
  const heardMs = subject?.heardMs ?? null;
  return {
    state,
    expected,
    clone,
    doubters,
    beatAgeMs,
    forMs: watchMs - (subject?.sinceMs ?? 0),
    silentMs: heardMs === null ? null : watchMs - heardMs,
    heardAtMs: subject?.heardAtMs ?? heart.remembered.get(key)?.heardAtMs ?? null,
    clockOffsetMs: subject?.clockOffsetMs ?? null,
    beat: kept?.beat ?? null,
    firstHand: kept?.firstHand ?? false,
    usable: isSeen && !clone && doubters.length < DOUBTERS_MIN,
  };
}
