// The verified-prefix checkpoint.

import type { Digest } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';

/** What the ledger session knows of the whole file: the folded state and the roots that bind it. */
export interface Verified {
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  readonly rules: number;
  readonly selfTest: string;
  /** The folded state, opaque here. Whoever restores it compares its root with `stateRoot`. */
  readonly snapshot: Json;
}

export interface Checkpoint extends Verified {
  readonly bytes: number;
  readonly records: number;
}
