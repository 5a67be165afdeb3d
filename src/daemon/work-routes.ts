// The rows of the local API that are about work which this node owns, and what it knows of the work
// of others. Spec: docs/daemon.md, "The local API"; docs/running.md, "The owner".

import type { Policy } from '../../place/demand.ts';
import type { Judged } from '../../place/plan.ts';
import type { Key } from '../../proto/ids.ts';
import type { SignedDocument } from '../../work/documents.ts';
import type { Step } from '../../work/owned.ts';
import type { OwnedView } from '../../work/owner-view.ts';
import type { Spec } from '../../work/spec.ts';
import type { Elsewhere, Told } from '../work/elsewhere.ts';
import type { WorkAt } from '../work/reach.ts';
import type { Route } from './routes.ts';
import { anId, list, maybe, object, open, text } from './route-words.ts';

export type WorkRouteName =
  | 'place'
  | 'works'
  | 'work'
  | 'workFind'
  | 'workSteps'
  | 'workStop'
  | 'workReceipts'
  | 'drain';

export const WORK_ROUTES: Readonly<Record<WorkRouteName, Route>> = {
  place: {
    method: 'POST',
    path: '/v1/work/place',
    help: 'places a spec: this node owns the work from then on, whoever asked for it',
    input: object({ spec: open, seed: { type: 'integer', minimum: 0, maximum: 0xffff_ffff } }),
    output: object({
      ...{ work: maybe(open), spec: open, policy: text },
      ...{ order: list(text), nodes: list(open) },
    }),
  },
  works: {
    method: 'GET',
    path: '/v1/work',
    help: 'what this node owns, and what every member that answers runs',
    input: object({}),
    output: object({ owned: list(open), at: list(open), silent: list(open), names: open }),
  },
  work: {
    method: 'POST',
    path: '/v1/work/show',
    help: 'one piece of work that this node owns, by its id, the start of it, or its name',
    input: object({ id: anId }),
    output: object({ work: open, spec: open, names: open }),
  },
  workFind: {
    method: 'POST',
    path: '/v1/work/find',
    help: 'one piece of work that another node has placed, as its owner and its hosts say it',
    input: object({ id: anId }),
    output: object({
      ...{ id: text, name: text, owner: text, digest: text, owned: maybe(open) },
      ...{ at: list(open), silent: list(open), names: open },
    }),
  },
  workSteps: {
    method: 'GET',
    path: '/v1/work/steps',
    help: 'what happens to one piece of work, a JSON document a line, until it has ended',
    input: object({ id: anId }),
    output: null,
  },
  workStop: {
    method: 'POST',
    path: '/v1/work/stop',
    help: 'ends work, politely or at once; that of another node by its owner, or by its host',
    input: object({ id: anId, kill: { type: 'boolean' } }),
    output: object({ work: maybe(open), told: maybe(open), names: open }),
  },
  workReceipts: {
    method: 'POST',
    path: '/v1/work/receipts',
    help: 'the receipts of one piece of work, as its hosts have signed them',
    input: object({ id: anId }),
    output: object({ id: text, receipts: list(open), names: open }),
  },
  drain: {
    method: 'POST',
    path: '/v1/work/drain',
    help: 'this machine takes no new work, at once and until it is said otherwise',
    input: object({ drained: { type: 'boolean' } }),
    output: object({ drained: { type: 'boolean' } }),
  },
};

export interface WorkRequests {
  readonly place: { readonly spec: Spec; readonly seed: number };
  readonly works: undefined;
  readonly work: { readonly id: string };
  readonly workFind: { readonly id: string };
  readonly workStop: { readonly id: string; readonly kill: boolean };
  readonly workReceipts: { readonly id: string };
  readonly drain: { readonly drained: boolean };
}

/** Why a node was chosen, or not: as a plan has it. */
export interface Considered extends Judged {
  readonly name: string;
}

/** `work` is null where no node fits: nothing is placed then. */
export interface Placed {
  readonly work: OwnedView | null;
  /** With its images by digest, as every host gets it. */
  readonly spec: Spec;
  readonly policy: Policy;
  /** Whom the owner asks: the first of all that fit. */
  readonly order: readonly Key[];
  readonly nodes: readonly Considered[];
}

export type Names = Readonly<Record<Key, string>>;

export interface Works {
  readonly owned: readonly OwnedView[];
  /** At every node that answers, this one too. */
  readonly at: readonly (WorkAt & { readonly host: Key })[];
  /** Members that should answer and do not. */
  readonly silent: readonly { readonly key: Key; readonly why: string }[];
  readonly names: Names;
}

/** A line of the stream: the work as it is when it begins and ends, and each step between. */
export type WorkStep =
  | { readonly work: OwnedView; readonly names: Names }
  | { readonly step: Step; readonly name: string | null };

export interface WorkReplies {
  readonly place: Placed;
  readonly works: Works;
  readonly work: { readonly work: OwnedView; readonly spec: Spec; readonly names: Names };
  readonly workFind: Elsewhere & { readonly names: Names };
  /** One of the two: that of this node, or whoever else has taken it. */
  readonly workStop: {
    readonly work: OwnedView | null;
    readonly told: Told | null;
    readonly names: Names;
  };
  readonly workReceipts: {
    readonly id: string;
    readonly receipts: readonly SignedDocument[];
    readonly names: Names;
  };
  readonly drain: { readonly drained: boolean };
}
