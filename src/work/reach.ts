// How an owner reaches hosts: over the mesh, or by a direct call where this machine is the host
// itself. The owner cannot tell the two apart. Spec: docs/running.md, "The owner".

import type { Digest, Key } from '../../proto/ids.ts';
import type { LeaseState, SignedDocument } from '../../work/documents.ts';
import type { Kind } from '../../work/spec.ts';

/** A piece of work as the host says it that has it. */
export interface WorkAt {
  readonly id: string;
  readonly generation: number;
  readonly digest: Digest;
  /** Empty, and null, where its host remembers no more of it. */
  readonly name: string;
  readonly kind: Kind | null;
  readonly owner: Key;
  readonly state: LeaseState;
  /** Where members reach it; a host of an earlier version does not say. */
  readonly reached?: readonly string[];
}

/** Every call rejects, with the reason for a person, where no answer came in time. */
export interface Reach {
  /** A signed request, and the signed answer as it came. */
  ask(to: Key, request: SignedDocument): Promise<SignedDocument>;
  /** Null: the host knows nothing of it. */
  status(to: Key, id: string, generation: number): Promise<LeaseState | null>;
  /** Null: there is none yet. */
  receipt(to: Key, id: string, generation: number): Promise<SignedDocument | null>;
  list(to: Key): Promise<readonly WorkAt[]>;
}
