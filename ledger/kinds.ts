// The kinds of v1 and the closed schema of each body: a table of fields per kind. An unknown field,
// a missing one or a wrong value refuses the record. Unknown kinds have no schema: an old node
// stores, relays and folds them as nothing, so that it keeps a newer ledger whole.
// Rules of change: a kind or field never changes its meaning; a new field is optional and costs no
// bytes when absent; numbers are integers; a new kind means nothing to old nodes.

import type { Digest, Key, RecordId, Signature } from '../proto/ids.ts';
import type { Json, JsonObject } from '../proto/json.ts';
import {
  array,
  configKey,
  digest,
  endpoint,
  grant,
  integer,
  ipv4,
  ipv4Range,
  json,
  key,
  label,
  name,
  object,
  optional,
  recordIdOrEmpty,
  signature,
  type Check,
} from './schema.ts';
import type { Grant } from './grant.ts';
import { ENDPOINTS_MAX, GRANTS_MAX, LABELS_MAX, QUOTA_ROOT, ROOTS_MAX } from './limits.ts';

/** A WireGuard key in Ed25519 form with that key's own word for it (docs/ledger.md, "Proofs"). */
export interface WireguardClaim {
  readonly key: Key;
  readonly counter: number;
  readonly sig: Signature;
}
export interface Root {
  readonly key: Key;
  readonly name: string;
}
interface Admission {
  readonly key: Key;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly labels?: readonly string[];
}
export interface GenesisBody {
  readonly network: string;
  readonly roots: readonly Root[];
  readonly recovery: Key;
  readonly defaults: { readonly ipv4_range?: string };
}
export interface OperatorAdmitBody extends Admission {
  readonly quota?: number;
}
export interface NodeAdmitBody extends Admission {
  readonly quota?: number;
  readonly wg: WireguardClaim;
  readonly acceptance: Signature;
  readonly ceremony?: Digest;
  readonly ipv4?: string;
  readonly replaces?: Key;
}
export interface TicketIssueBody extends Admission {
  readonly expires: number;
}
export interface MemberRemoveBody {
  readonly target: Key;
  readonly seq: number;
}
export interface CapGrantBody {
  readonly target: Key;
  readonly grants: readonly Grant[];
}
export interface CapRevokeBody {
  readonly target: Key;
  /** The last seq at which the target may have used the grant that `refs` names. */
  readonly seq: number;
}
export interface NodeUpdateBody {
  readonly wg?: WireguardClaim;
  readonly name?: string;
  readonly endpoints?: readonly string[];
  readonly labels?: readonly string[];
}
export interface ConfigCommitBody {
  readonly key: string;
  /** Absent: the key is unset. */
  readonly value?: Json;
}
export interface LastHonoured {
  readonly key: Key;
  readonly seq: number;
  readonly last: RecordId | '';
}
export interface RootRotateBody {
  readonly roots: readonly Root[];
  readonly recovery: Key;
  readonly cuts: readonly LastHonoured[];
}

export interface Bodies {
  genesis: GenesisBody;
  'operator.admit': OperatorAdmitBody;
  'node.admit': NodeAdmitBody;
  'ticket.issue': TicketIssueBody;
  'member.remove': MemberRemoveBody;
  'cap.grant': CapGrantBody;
  'cap.revoke': CapRevokeBody;
  'node.update': NodeUpdateBody;
  'config.commit': ConfigCommitBody;
  'root.rotate': RootRotateBody;
}
export type Kind = keyof Bodies;
/**
 * What a record does: one of the known kinds with its body, or something newer than this program.
 */
export type Act =
  | { [K in Kind]: { readonly kind: K; readonly body: Bodies[K] } }[Kind]
  | { readonly kind: 'unknown'; readonly name: string; readonly body: JsonObject };

const claim = object({ key, counter: integer(0), sig: signature });
const roots = array(object({ key, name }), 1, ROOTS_MAX);
const grants = array(grant, 0, GRANTS_MAX);
const labels = array(label, 0, LABELS_MAX, 'sorted');
const quota = optional(integer(1, QUOTA_ROOT));
const admission = { key, name, grants, labels: optional(labels) };

export const SCHEMAS: Readonly<Record<Kind, Check>> = {
  genesis: object({
    network: name,
    roots,
    recovery: key,
    defaults: object({ ipv4_range: optional(ipv4Range) }),
  }),
  'operator.admit': object({ ...admission, quota }),
  'node.admit': object({
    ...admission,
    quota,
    wg: claim,
    acceptance: signature,
    ceremony: optional(digest),
    ipv4: optional(ipv4),
    replaces: optional(key),
  }),
  'ticket.issue': object({ ...admission, expires: integer(0) }),
  'member.remove': object({ target: key, seq: integer(0) }),
  'cap.grant': object({ target: key, grants: array(grant, 1, GRANTS_MAX) }),
  'cap.revoke': object({ target: key, seq: integer(0) }),
  'node.update': object({
    wg: optional(claim),
    name: optional(name),
    endpoints: optional(array(endpoint, 0, ENDPOINTS_MAX)),
    labels: optional(labels),
  }),
  'config.commit': object({ key: configKey, value: optional(json) }),
  'root.rotate': object({
    roots,
    recovery: key,
    cuts: array(object({ key, seq: integer(0), last: recordIdOrEmpty }), 1, ROOTS_MAX),
  }),
};

export function isKind(text: string): text is Kind {
  return Object.hasOwn(SCHEMAS, text);
}
