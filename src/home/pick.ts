// Which ledger a file is read as, where it may hold several: the one named by its id or by one of
// its root keys, else the first, as long as it is the only one.

import type { Decoded } from '../../ledger/record.ts';
import { LEDGERS_NAMED_MAX } from './limits.ts';

export interface Pick {
  /** The id of a genesis record. */
  readonly ledger?: string;
  /** A key that genesis seats as a root. */
  readonly root?: string;
}

export interface Picker {
  /** Whether this is the beginning of a ledger that is meant. */
  fits(genesis: Decoded): boolean;
  /** The same, and notes the ledger as found: only for a genesis whose signatures were checked. */
  choose(genesis: Decoded): boolean;
  /** Ids of the ledgers that fit, in the order found. */
  readonly found: readonly string[];
}

export function pickerOf(pick: Pick): Picker {
  const found: string[] = [];
  function fits(genesis: Decoded): boolean {
    if (genesis.act.kind !== 'genesis') return false;
    if (pick.ledger !== undefined && genesis.id !== pick.ledger) return false;
    const { roots } = genesis.act.body;
    return pick.root === undefined || roots.some((root) => root.key === pick.root);
  }
  return {
    fits,
    found,
    choose(genesis) {
      if (!fits(genesis)) return false;
      if (found.length < LEDGERS_NAMED_MAX && !found.includes(genesis.id)) found.push(genesis.id);
      return true;
    },
  };
}
