// How an owner reaches hosts: over the mesh, or by a direct call where this machine is the host
// itself. The owner cannot tell the two apart. Spec: docs/running.md, "The owner".

import type { Key } from '../../proto/ids.ts';
import type { LeaseState, SignedDocument } from '../../work/documents.ts';
import type { WorkRow } from './rows.ts';

/** Every call rejects, with the reason for a person, where no answer came in time. */
export interface Reach {
  /** A signed request, and the signed answer as it came. */
  ask(to: Key, request: SignedDocument): Promise<SignedDocument>;
  /** Null: the host knows nothing of it. */
  status(to: Key, id: string, generation: number): Promise<LeaseState | null>;
  /** Null: there is none yet. */
  receipt(to: Key, id: string, generation: number): Promise<SignedDocument | null>;
  list(to: Key): Promise<readonly WorkRow[]>;
}
