// Presets: lists of grants that the tools write out into an admission. A record never names one, so
// that a later change of a list widens nothing. Spec: docs/acts.md, "Presets".

import { ACTIONS, type Action, type Grant } from './grant.ts';
import { DELEGATION_STEPS_MAX } from './limits.ts';

/** What an admitter may hand on: everything (a root), or what its own grants leave. */
export type Passing = 'root' | readonly Grant[];

/** A grant as a preset wants it, before it is fitted to what the admitter may hand on. */
export interface Wish {
  readonly action: Action;
  readonly resource?: string;
  /** How far it should be handed on; as far as the admitter can, where it is left out. */
  readonly depth?: number;
}

export type MemberPreset = 'peer' | 'observer' | 'guest';
export type OperatorPreset = 'full' | 'admitter' | 'settings';

const PEER: readonly Action[] = [
  'place.vm',
  'place.job',
  'place.app',
  'place.model',
  'work.read',
  'work.stop',
  'image.push',
  'metrics.read',
];
const OBSERVER: readonly Action[] = ['metrics.read', 'work.read'];

export interface PresetFacts {
  readonly what: string;
}

export const MEMBER_PRESETS: Readonly<Record<MemberPreset, PresetFacts>> = {
  peer: { what: 'places work on others, reads and stops work, pushes images, reads metrics' },
  observer: { what: 'reads work and metrics' },
  guest: { what: 'is in the mesh and nothing else' },
};

export const OPERATOR_PRESETS: Readonly<Record<OperatorPreset, PresetFacts>> = {
  full: { what: 'everything that its admitter may do, one step below it' },
  admitter: { what: 'admits and removes nodes and tickets, with the rights of a peer' },
  settings: { what: 'commits configuration' },
};

export function isMemberPreset(text: string): text is MemberPreset {
  return Object.hasOwn(MEMBER_PRESETS, text);
}

export function isOperatorPreset(text: string): text is OperatorPreset {
  return Object.hasOwn(OPERATOR_PRESETS, text);
}

/** For a node: nothing to hand on. A ticket holds the same one step up, for the node it admits. */
export function memberWishes(preset: MemberPreset, of: 'node' | 'ticket'): readonly Wish[] {
  const actions = { peer: PEER, observer: OBSERVER, guest: [] }[preset];
  return actions.map((action) => ({ action, depth: of === 'ticket' ? 1 : 0 }));
}

export function operatorWishes(preset: OperatorPreset): readonly Wish[] {
  switch (preset) {
    case 'full':
      return (Object.keys(ACTIONS) as Action[]).map((action) => ({ action }));
    case 'admitter':
      return [
        { action: 'member.admit', resource: 'node', depth: 0 },
        { action: 'member.admit', resource: 'ticket', depth: 0 },
        { action: 'member.remove', resource: 'node', depth: 0 },
        { action: 'member.remove', resource: 'ticket', depth: 0 },
        // Two steps: to a ticket, and from it to the node.
        ...PEER.map((action) => ({ action, depth: 2 })),
      ];
    case 'settings':
      return [{ action: 'config.commit', depth: 0 }];
  }
}

export interface Fitted {
  readonly grants: readonly Grant[];
  /** Wishes of which nothing can be handed on. */
  readonly missing: readonly Wish[];
}

/** What of the wishes an admitter may hand on, each as far as it can. */
export function fitted(wishes: readonly Wish[], passing: Passing): Fitted {
  const grants: Grant[] = [];
  const missing: Wish[] = [];
  for (const wish of wishes) {
    const fits = passing === 'root' ? [ofRoot(wish)] : passing.flatMap((own) => below(own, wish));
    if (fits.length === 0) missing.push(wish);
    for (const grant of fits) if (!grants.some((other) => isSame(other, grant))) grants.push(grant);
  }
  return { grants, missing };
}

/** A root's own authority is one step above any grant. */
function ofRoot({ action, resource = '', depth }: Wish): Grant {
  return { action, resource, depth: depth ?? DELEGATION_STEPS_MAX - 1 };
}

function below(own: Grant, { action, resource = '', depth }: Wish): Grant[] {
  if (own.action !== action || own.depth === 0) return [];
  const narrower = [own.resource, resource].find(
    (prefix) => prefix.startsWith(own.resource) && prefix.startsWith(resource),
  );
  if (narrower === undefined) return [];
  return [
    {
      action,
      resource: narrower,
      depth: Math.min(depth ?? DELEGATION_STEPS_MAX - 1, own.depth - 1),
      ...(own.limits === undefined ? {} : { limits: own.limits }),
      ...(own.expires === undefined ? {} : { expires: own.expires }),
    },
  ];
}

function isSame(a: Grant, b: Grant): boolean {
  return (
    a.action === b.action &&
    a.resource === b.resource &&
    a.depth === b.depth &&
    a.expires === b.expires &&
    JSON.stringify(a.limits) === JSON.stringify(b.limits)
  );
}
