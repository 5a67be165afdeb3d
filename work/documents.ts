// What placers and hosts say to each other, each a signed document: canonical JSON under a prefix
// of its own, signed by the node that says it, for one node that hears it. Whoever keeps one can
// show it later: a host keeps the request as the reason of a reservation, an owner keeps the
// answer. Spec: docs/running.md, "Documents".

import type { Digest, Key } from '../proto/ids.ts';
import type { Json, JsonObject } from '../proto/json.ts';
import type { FailCode } from './failures.ts';
import type { Kind, Spec } from './spec.ts';

/** The same in every document: what it is about, who says it, to whom, and when by its clock. */
export interface Head {
  readonly v: 1;
  /** The ULID of the work. */
  readonly id: string;
  readonly generation: number;
  /** Of the spec. */
  readonly digest: Digest;
  readonly from: Key;
  readonly to: Key;
  readonly at: number;
}

/** From the owner to a host. */
export type Request = Head &
  (
    | { readonly say: 'reserve'; readonly spec: Spec }
    /** Start what is reserved. */
    | { readonly say: 'go' }
    /** Let go of what is reserved and not started. */
    | { readonly say: 'cancel' }
    /** End it: politely, or at once. Whoever holds work.stop there may say so, too. */
    | { readonly say: 'stop'; readonly kill: boolean }
    /** From the host to the owner, after a silence: is this generation still to run here? */
    | { readonly say: 'mine' }
  );

export type RefusalCode =
  | 'no-cpu'
  | 'no-mem'
  | 'no-disk'
  | 'no-gpu'
  | 'gpu-unhealthy'
  | 'no-port'
  | 'no-cap'
  | 'draining'
  | 'recovering'
  | 'past-start-by'
  | 'stale-generation'
  | 'not-authorised'
  | 'digest-mismatch'
  | 'no-driver'
  | 'too-much'
  | 'unknown-work'
  | 'not-addressed'
  | 'stale-request'
  | 'policy';

/** To a request, over its digest: so that no answer can be shown for another. */
export type Answer = Head & { readonly re: Digest } & (
    | {
        readonly say: 'reserved' /** Lapses so many ms after this was said. */;
        readonly goMs: number;
      }
    | { readonly say: 'going'; readonly state: LeaseState }
    | { readonly say: 'done' }
    | { readonly say: 'keep' }
    /** Of the owner: stop it and forget it. */
    | { readonly say: 'drop' }
    | Refusal
  );

/** With the missing number, where it is one. */
export interface Refusal {
  readonly say: 'refused';
  readonly code: RefusalCode;
  readonly why: string;
  readonly needs?: number;
  readonly has?: number;
}

export type LeaseState =
  | 'reserved'
  | 'preparing'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'done'
  | 'failed'
  | 'lost';

/** Signed by the host when the work has ended; kept by host and owner. */
export interface Receipt {
  readonly v: 1;
  readonly id: string;
  readonly generation: number;
  readonly kind: Kind;
  readonly name: string;
  readonly digest: Digest;
  readonly host: Key;
  readonly owner: Key;
  readonly image: string;
  readonly inputs: readonly Digest[];
  readonly granted: JsonObject;
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly exit: number | null;
  readonly ended: 'done' | 'failed';
  readonly failure: {
    readonly code: FailCode;
    readonly phase: string;
    readonly why: string;
  } | null;
  readonly logsHash: Digest;
  /** Digests of its output files, by their path. */
  readonly outputs: Readonly<Record<string, Digest>>;
  readonly executionHash: Digest;
}

/** A document with its signature, as it travels and is kept. */
export interface SignedDocument {
  readonly document: Json;
  readonly signature: string;
}
