// A capability: (action, resource prefix, integer limits, remaining depth). A grant can only be
// narrowed, field by field; there are no patterns. Spec: docs/ledger.md, "Capabilities".

import type { JsonObject } from '../proto/json.ts';

export interface ActionFacts {
  /** Whether only operators may hold it. */
  readonly operators: boolean;
  readonly limits: readonly string[];
  /**
   * Whether it may expire: what lets one write to the ledger is revoked instead, without a clock.
   */
  readonly expires: boolean;
}

const LEDGER: ActionFacts = { operators: true, limits: [], expires: false };
const COUNTED: ActionFacts = { operators: true, limits: ['count'], expires: false };
const PLACE: ActionFacts = {
  operators: false,
  limits: ['concurrent', 'cpu_milli', 'disk_mib', 'gpus', 'max_runtime_s', 'mem_mib'],
  expires: true,
};
const USE: ActionFacts = { operators: false, limits: [], expires: true };

export type Action =
  | 'member.admit'
  | 'member.remove'
  | 'cap.grant'
  | 'config.commit'
  | 'place.vm'
  | 'place.job'
  | 'place.app'
  | 'place.model'
  | 'work.read'
  | 'work.stop'
  | 'image.push'
  | 'node.drain'
  | 'script.run'
  | 'metrics.read';

export const ACTIONS: Readonly<Record<Action, ActionFacts>> = {
  'member.admit': COUNTED,
  'member.remove': LEDGER,
  'cap.grant': LEDGER,
  'config.commit': LEDGER,
  'place.vm': PLACE,
  'place.job': PLACE,
  'place.app': PLACE,
  'place.model': PLACE,
  'work.read': USE,
  'work.stop': USE,
  'image.push': USE,
  'node.drain': USE,
  'script.run': USE,
  'metrics.read': USE,
};

export interface Grant {
  readonly action: Action;
  /** A plain prefix of what it may be used on; empty is everything. */
  readonly resource: string;
  /** How many further times it may be handed on. */
  readonly depth: number;
  readonly limits?: Readonly<Record<string, number>>;
  /** Wall clock in ms; judged only where the grant is used, never in the fold. */
  readonly expires?: number;
}

export function isAction(text: string): text is Action {
  return Object.hasOwn(ACTIONS, text);
}

/** What `depth` is worth where a grant starts: a root's own authority. */
export function narrows(child: Grant, parent: Grant): boolean {
  if (child.action !== parent.action || !child.resource.startsWith(parent.resource)) return false;
  if (child.depth >= parent.depth) return false;
  for (const [name, bound] of Object.entries(parent.limits ?? {})) {
    const limit = child.limits?.[name];
    if (limit === undefined || limit > bound) return false;
  }
  if (parent.expires === undefined) return true;
  return child.expires !== undefined && child.expires <= parent.expires;
}

/** True where the grant allows `action` on something known by any of these names. */
export function covers(grant: Grant, action: Action, resources: readonly string[]): boolean {
  return grant.action === action && resources.some((name) => name.startsWith(grant.resource));
}

/** The names under which a grant can speak of a member: its class with its name, and its labels. */
export function memberResources(
  kind: 'operator' | 'node' | 'ticket',
  name: string,
  labels: readonly string[],
): string[] {
  return [`${kind}/${name}`, ...labels.map((label) => `${kind}:${label}`)];
}

export function grantJson(grant: Grant): JsonObject {
  return {
    action: grant.action,
    resource: grant.resource,
    depth: grant.depth,
    ...(grant.limits === undefined ? {} : { limits: grant.limits }),
    ...(grant.expires === undefined ? {} : { expires: grant.expires }),
  };
}
