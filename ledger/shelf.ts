// What a replica reads back of the records it holds. A shelf answers from content that never
// changes, so reading it is as pure as reading a value: the store's index is one, memory another,
// and test/kit/shelf-suite.ts holds the rules that each must keep.

import type { Key, RecordId } from '../proto/ids.ts';
import type { Decoded } from './record.ts';

export interface Shelf {
  /** Every held id at this place: none, one, or the branches of a fork. */
  idsAt(author: Key, seq: number): readonly RecordId[];
  /** Every held record of the author with from <= seq <= to, ascending by seq. */
  read(author: Key, from: number, to: number): Iterable<Decoded>;
}

export interface MemoryShelf extends Shelf {
  put(record: Decoded): void;
}

/** A shelf in memory, for simulations, tests and small files. */
export function memoryShelf(): MemoryShelf {
  // Held records are linked, so the seqs of an author are dense: index seq - 1.
  const chains = new Map<Key, Decoded[][]>();
  return {
    put(record) {
      let chain = chains.get(record.author);
      if (chain === undefined) chains.set(record.author, (chain = []));
      const held = chain[record.seq - 1];
      if (held === undefined) chain[record.seq - 1] = [record];
      else if (!held.some((other) => other.id === record.id)) held.push(record);
    },
    idsAt(author, seq) {
      return (chains.get(author)?.[seq - 1] ?? []).map((record) => record.id);
    },
    *read(author, from, to) {
      const chain = chains.get(author) ?? [];
      for (let i = Math.max(1, from); i <= Math.min(to, chain.length); i++)
        yield* chain[i - 1] ?? [];
    },
  };
}
