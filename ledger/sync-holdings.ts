// What sync asks of a replica, on both sides: its frontier, what lies on each author's live path,
// and the lines that may be sent. Spec: docs/sync.md, "What may be sent".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { Trie } from './trie.ts';

/** A held record on its way to a peer; any `Decoded` is one. */
export interface Sendable {
  readonly seq: number;
  readonly line: string;
}

export interface Holdings {
  readonly ledger: RecordId;
  readonly rules: number;
  /** Live records held, for people. */
  count(): number;
  stateRoot(): Digest;
  /** The entry of every author that has a live record or a mark. */
  readonly frontier: Trie;
  /** The id at this place of the author's live path; undefined where the path does not reach it. */
  liveId(author: Key, seq: number): RecordId | undefined;
  /**
   * What may be sent of an author, from `from` on, ascending by seq: its live path and, where the
   * entry is marked as a fork, after it at least every held line at the forked seq, which is the
   * evidence. No other void lines.
   */
  lines(author: Key, from: number): Iterable<Sendable>;
  /**
   * Steps from genesis to the admission that makes the key known: 0 for the first roots and the
   * first recovery key. Whoever admits an author has a smaller number (and whoever cuts it no
   * larger one), so records sent in this order are never refused for an author that is not known
   * yet.
   */
  generation(author: Key): number;
}

/** What became of lines that were handed to a replica. */
export interface Tally {
  readonly accepted: number;
  readonly duplicates: number;
  /** Held back for their `prev`. */
  readonly parked: number;
  readonly refused: number;
  /** One of them proves the sender faulty: a bad signature, or a line that is no record. */
  readonly faulty: boolean;
}

export const NO_TALLY: Tally = {
  accepted: 0,
  duplicates: 0,
  parked: 0,
  refused: 0,
  faulty: false,
};

export function addTally(a: Tally, b: Tally): Tally {
  return {
    accepted: a.accepted + b.accepted,
    duplicates: a.duplicates + b.duplicates,
    parked: a.parked + b.parked,
    refused: a.refused + b.refused,
    faulty: a.faulty || b.faulty,
  };
}
