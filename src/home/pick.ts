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
  choose(genesis: Decoded): boolean;
  /** Ids of the ledgers that fit, in the order found. */
  readonly found: readonly string[];
}

export function pickerOf(pick: Pick): Picker {
  const found: string[] = [];
  return {
    found,
    choose(genesis) {
      if (genesis.act.kind !== 'genesis') return false;
      if (pick.ledger !== undefined && genesis.id !== pick.ledger) return false;
      const { roots } = genesis.act.body;
      if (pick.root !== undefined && !roots.some((root) => root.key === pick.root)) return false;
      if (found.length < LEDGERS_NAMED_MAX && !found.includes(genesis.id)) found.push(genesis.id);
      return true;
    },
  };
}
