// The rows of the local API that are about work on this host: whether it takes any, what its daemon
// may be replaced under, and the logs of what runs here or was placed from here.
// Spec: docs/daemon.md, "Work".

import type { Taking } from '../../beat/offer.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import type { Kind } from '../../work/spec.ts';
import type { Route } from './routes.ts';
import { anId, count, flag, list, object, open, text } from './route-words.ts';

export type HostingRouteName = 'workReady' | 'workFreeze' | 'workLog' | 'workType';

export const HOSTING_ROUTES: Readonly<Record<HostingRouteName, Route>> = {
  workReady: {
    method: 'GET',
    path: '/v1/work/ready',
    help: 'whether this host takes work, what runs, and what it is run with',
    input: object({}),
    output: object({
      ...{ phase: text, why: { ...text, nullable: true }, held: count, running: count },
      ...{ moving: count, completed: count, failed: count },
      ...{ drivers: list(open), works: list(open) },
    }),
  },
  workFreeze: {
    method: 'POST',
    path: '/v1/work/freeze',
    help: 'takes no new work until the daemon is replaced, or told otherwise',
    input: object({ frozen: flag }),
    output: object({ frozen: flag }),
  },
  workLog: {
    method: 'POST',
    path: '/v1/work/log',
    help: 'frames of a log from a number on, from the host that has it; waits for the next for so long',
    input: object({
      id: anId,
      from: count,
      waitMs: { type: 'integer', minimum: 0, maximum: 20_000 },
    }),
    output: object({
      ...{ host: text, id: text, generation: count, seq: count, hash: text, frames: text },
      ...{ next: count, ended: flag },
    }),
  },
  workType: {
    method: 'POST',
    path: '/v1/work/type',
    help: 'types at the console of a machine that was placed from here: bytes in base64url',
    input: object({
      id: anId,
      bytes: { type: 'string', minLength: 1, maxLength: 4_096 },
    }),
    output: object({ taken: flag }),
  },
};

export interface HostingRequests {
  readonly workReady: undefined;
  readonly workFreeze: { readonly frozen: boolean };
  readonly workLog: { readonly id: string; readonly from: number; readonly waitMs: number };
  readonly workType: { readonly id: string; readonly bytes: string };
}

/** A daemon may be replaced when it is frozen and nothing is moving. */
export interface Readiness {
  /** `off`: no work is taken here at all; `why` says it. */
  readonly phase: 'off' | Taking;
  readonly why: string | null;
  /** Pieces of work that hold room; that run; that are between two states. */
  readonly held: number;
  readonly running: number;
  readonly moving: number;
  /** Since the journal was begun. */
  readonly completed: number;
  readonly failed: number;
  readonly drivers: readonly DriverFacts[];
  readonly works: readonly ReadyWork[];
}

/** A piece of work that holds room here, as far as it matters to whoever replaces the daemon. */
export interface ReadyWork {
  readonly id: string;
  readonly generation: number;
  readonly name: string;
  readonly stage: string;
  /** Between two states, so that its driver is about something that must not break off. */
  readonly moving: boolean;
  readonly startedAt: number | null;
  readonly restarts: number;
  /** The driver that will be asked for it; null: nothing of it was begun. */
  readonly driver: string | null;
}

export interface DriverFacts {
  readonly name: string;
  readonly kind: Kind;
  /** Null: it was not asked to the end yet. */
  readonly usable: boolean | null;
  readonly what: string;
  readonly weaker: string | null;
  /** How old that is. */
  readonly checkedAgoMs: number | null;
}

export interface LogPart {
  readonly host: Key;
  readonly id: string;
  readonly generation: number;
  /** Of the first frame, and the hash of all before it. */
  readonly seq: number;
  readonly hash: Digest;
  /** As they are kept, in base64url. */
  readonly frames: string;
  readonly next: number;
  readonly ended: boolean;
}

export interface HostingReplies {
  readonly workReady: Readiness;
  readonly workFreeze: { readonly frozen: boolean };
  readonly workLog: LogPart;
  /** False: it does not run, or has no console. */
  readonly workType: { readonly taken: boolean };
}
