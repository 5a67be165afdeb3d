// Rot and torn tails, copied aside before anything else happens to them.

import type { RefusalCode } from '../../ledger/refusals.ts';

export interface Damage {
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly code: RefusalCode;
  /** What the damaged bytes still say of themselves: a hint for fetching, believed by nobody. */
  readonly claims: { readonly author?: string; readonly seq?: number };
}
