// Whether two members hold the same ledger and have made the same of it. Equal frontiers are equal
// records, and equal records under equal rules fold to one state: where they do not, one of the two
// programs has a bug or a damaged memory, and that is an alarm. Spec: docs/heartbeat.md, "Roots".

import type { Digest } from '../proto/ids.ts';
import { STATE_DIFFERS_BEATS } from './limits.ts';

export interface Roots {
  readonly count: number;
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  readonly rules: number;
}

/**
 * `apart`: other records, a sync will tell. `other-rules`: the same records, by programs that fold
 * differently on purpose. `torn`: the same records and rules, and yet another state.
 */
export type Agreement = 'same' | 'apart' | 'other-rules' | 'torn';

/** What was compared when an alarm was raised. */
export interface Tear {
  readonly frontierRoot: Digest;
  readonly ownState: Digest;
  readonly theirState: Digest;
  readonly rules: number;
}

export interface Compared {
  readonly agreement: Agreement;
  /** Heartbeats that were torn since the last one that was the same. */
  readonly tornBeats: number;
  /** The alarm in force, or null. */
  readonly tear: Tear | null;
}

function agreementOf(own: Roots, their: Roots): Agreement {
  if (own.frontierRoot !== their.frontierRoot) return 'apart';
  if (own.rules !== their.rules) return 'other-rules';
  return own.stateRoot === their.stateRoot ? 'same' : 'torn';
}

/** One more heartbeat of a member. `news` is told once for each alarm, and once for its end. */
export function compared(
  before: Compared | null,
  own: Roots,
  their: Roots,
): { readonly compared: Compared; readonly news: 'torn' | 'mended' | null } {
  const agreement = agreementOf(own, their);
  const tear = before?.tear ?? null;
  // Only agreement ends it: while records travel nothing can be compared.
  if (agreement === 'same') {
    const news = tear === null ? null : 'mended';
    return { compared: { agreement, tornBeats: 0, tear: null }, news };
  }
  const tornBeats = (before?.tornBeats ?? 0) + (agreement === 'torn' ? 1 : 0);
  if (agreement !== 'torn' || tear !== null || tornBeats <= STATE_DIFFERS_BEATS) {
    return { compared: { agreement, tornBeats, tear }, news: null };
  }
  const { frontierRoot, rules } = own;
  const found: Tear = { frontierRoot, ownState: own.stateRoot, theirState: their.stateRoot, rules };
  return { compared: { agreement, tornBeats, tear: found }, news: 'torn' };
}
