// The value that a heart is between two inputs, what may come in and what may go out: the shapes
// that machine.ts steps, and how one begins.
// Spec: docs/heartbeat.md, "The shell".

import type { Key } from '../proto/ids.ts';
import {
  type Remembered,
  type Subject,
  type SubjectNews,
  type Watch,
  startWatch,
} from './detector.ts';
import type { Mark } from './mark.ts';
import type { Beat, Doubt } from './packet.ts';
import { type Pulse, startPulse } from './pulse.ts';
import { type Ring, ringOf } from './ring.ts';

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

export function told(news: HeartNews): HeartOut {
  return { kind: 'tell', news };
}
