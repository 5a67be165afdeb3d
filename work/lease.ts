// One lease: what a host has reserved for a piece of work, and how far it is with it. Stages are
// what the host itself goes through; what others are told of them is coarser (stages.ts). Spec:
// docs/running.md, "Leases".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { JsonObject } from '../proto/json.ts';
import type { FailCode } from './failures.ts';
import type { Spec } from './spec.ts';

/** Both clocks. `monoMs` counts while the machine sleeps, too, and is never set back. */
export interface Moment {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** What names one start of one piece of work; every driver writes it onto what it starts. */
export interface Tag {
  /** The ULID of the work. */
  readonly id: string;
  readonly generation: number;
  readonly digest: Digest;
  readonly owner: Key;
}

/** One try to run a piece of work here: a restart is another. */
export interface Run {
  readonly id: string;
  readonly generation: number;
  readonly run: number;
}

/** A whole card of graphics, by the name that its maker gave it. */
export interface Card {
  readonly uuid: string;
  readonly name: string;
}

/** A port of work that reaches out, at the address of its host on the mesh. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly hostPort: number;
  /** Inside. */
  readonly port: number;
}

/** What is reserved: the wish of the spec, and what its driver needs beside it. */
export interface Charge {
  readonly cpuMilli: number;
  readonly memMiB: number;
  readonly diskMiB: number;
  readonly cards: readonly Card[];
  /** Absent: none is published at the address of the host. */
  readonly ports?: readonly PublishedPort[];
}

/** Where a lease stands. What others are told is coarser: the table of leases.ts. */
export type Stage =
  | 'reserved'
  /** To be started, and not yet: between two runs. */
  | 'waiting'
  | 'preparing'
  | 'starting'
  | 'verifying'
  | 'running'
  | 'stopping'
  | 'killing'
  /** It has ended, and its receipt is not kept yet. */
  | 'closing'
  /** What is left of a run is taken away. */
  | 'clearing'
  /** Nothing of it runs, and its owner must say whether it may again. */
  | 'held';

/** What follows when a run has ended. */
export type Outcome = 'done' | 'failed' | 'again' | 'held';

export interface Failure {
  readonly code: FailCode;
  readonly phase: string;
  readonly why: string;
}

export interface Ending {
  /** Null where it did not end by itself. */
  readonly exit: number | null;
  readonly signal: string | null;
  /** Killed for its memory; null where nobody can tell. */
  readonly oom: boolean | null;
  /** The kernel has refused it processes beyond its number. */
  readonly crowded?: boolean;
  /** By the wall clock. */
  readonly endedAtMs: number;
}

/** What changes of a lease; written whole with each step. Times by the monotonic clock. */
export interface Life {
  readonly stage: Stage;
  readonly sinceMs: number;
  readonly run: number;
  readonly outcome: Outcome | null;
  readonly failure: Failure | null;
  /** Somebody who may asked for its end: it is not started again. */
  readonly asked: boolean;
  /** How often it was started again because it had ended. */
  readonly restarts: number;
  /** Of those, how many in a row after short runs. */
  readonly quick: number;
  /** Not started before then. */
  readonly waitUntilMs: number;
  /** How long earlier runs took together. */
  readonly ranMs: number;
  readonly runningSinceMs: number | null;
  /** By the wall clock, for the receipt: of the last run. */
  readonly startedAt: number | null;
  readonly image: string | null;
  readonly granted: JsonObject | null;
  readonly ending: Ending | null;
}

/** Of what is reserved and never was started. */
export const NEW_LIFE: Life = {
  ...{ stage: 'reserved', sinceMs: 0, run: 1, outcome: null, failure: null, asked: false },
  ...{ restarts: 0, quick: 0, waitUntilMs: 0, ranMs: 0, runningSinceMs: null },
  ...{ startedAt: null, image: null, granted: null, ending: null },
};

export interface Lease extends Tag {
  readonly spec: Spec;
  /** The request that it is reserved by. */
  readonly request: Digest;
  /** The record by which its owner may place here; null where it needs none. */
  readonly grant: RecordId | null;
  readonly charge: Charge;
  /** Its owner was heard then; null: before this start of the machine. */
  readonly takenMs: number | null;
  /** Moments of the spec, by the monotonic clock as it stood when the lease was taken. */
  readonly startByMs: number | null;
  readonly expiresMs: number | null;
  readonly life: Life;
}

/** A lease that is no more: so that a late word about it has an answer. */
export interface Past extends Tag {
  /** Null: it was never started. */
  readonly state: 'done' | 'failed' | null;
  readonly atMs: number;
}
