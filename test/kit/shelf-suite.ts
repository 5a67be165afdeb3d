// What every shelf must keep, whatever it is made of (ledger/shelf.ts). Run it against each.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Shelf } from '../../ledger/shelf.ts';
import type { Verified } from '../../ledger/verify.ts';
import { acts, actor, Scribe } from './actors.ts';

export interface ShelfMaker {
  readonly name: string;
  /** A shelf that holds these records and no others. */
  readonly make: (records: readonly Verified[]) => Promise<Shelf>;
}

export function shelfSuite({ name, make }: ShelfMaker): void {
  describe(`the shelf rules: ${name}`, () => {
    const [root, node, other] = ['root', 'node', 'other'].map(actor) as [
      ReturnType<typeof actor>,
      ReturnType<typeof actor>,
      ReturnType<typeof actor>,
    ];
    const s = new Scribe();
    s.node(node, root);
    s.node(other, root);
    const updates = Array.from({ length: 300 }, (_, i) =>
      s.by(node, acts.update({ labels: [`n-${i}`] })),
    );
    // Two branches from the 40th record of the other author on.
    const stem = Array.from({ length: 40 }, (_, i) =>
      s.by(other, acts.update({ labels: [`stem-${i}`] })),
    );
    const left = [1, 2].map((i) => s.by(other, acts.update({ labels: [`left-${i}`] })));
    const last = stem.at(-1);
    if (last === undefined) throw new Error('broken rule: the stem is not empty');
    const right = [
      s.fork(other, last, acts.update({ labels: ['right-1'] })),
      s.by(other, acts.update({ labels: ['right-2'] })),
    ];
    let shelf: Shelf;
    beforeAll(async () => {
      shelf = await make(s.records as Verified[]);
    });
    const ids = (from: number, to: number, author = node): string[] =>
      [...shelf.read(author.key, from, to)].map((record) => record.id);

    test('a place that is held has its id, one that is not has none', () => {
      expect(shelf.idsAt(node.key, 1)).toEqual([updates[0]?.id]);
      expect(shelf.idsAt(node.key, 300)).toEqual([updates[299]?.id]);
      for (const seq of [0, -1, 301, 1e9]) expect(shelf.idsAt(node.key, seq)).toEqual([]);
      expect(shelf.idsAt(actor('stranger').key, 1)).toEqual([]);
    });

    test('a fork shows every branch', () => {
      expect(new Set(shelf.idsAt(other.key, 41))).toEqual(new Set([left[0]?.id, right[0]?.id]));
      expect(shelf.idsAt(other.key, 41)).toHaveLength(2);
      expect(ids(40, 42, other).toSorted()).toEqual(
        [last, ...left, ...right].map((record) => record.id).toSorted(),
      );
    });

    test('a read gives whole records, ascending, within its bounds', () => {
      const read = [...shelf.read(node.key, 7, 290)];
      expect(read.map((record) => record.seq)).toEqual(
        Array.from({ length: 284 }, (_, i) => i + 7),
      );
      expect(read).toEqual(updates.slice(6, 290));
      expect([...shelf.read(other.key, 1, 100)].map((record) => record.seq)).toEqual(
        [...stem, ...left, ...right].map((record) => record.seq).toSorted((a, b) => a - b),
      );
    });

    test('a read outside what is held is shorter, not wrong', () => {
      expect(ids(299, 1_000)).toEqual(updates.slice(298).map((record) => record.id));
      expect(ids(-5, 1)).toEqual([updates[0]?.id]);
      expect(ids(5, 4)).toEqual([]);
      expect(ids(301, Number.MAX_SAFE_INTEGER)).toEqual([]);
      expect(ids(1, 5, actor('stranger'))).toEqual([]);
    });

    test('a read may be left in the middle, and two may run at once', () => {
      const one = shelf.read(node.key, 1, 300)[Symbol.iterator]();
      const two = shelf.read(node.key, 100, 300)[Symbol.iterator]();
      expect(one.next().value.seq).toBe(1);
      expect(two.next().value.seq).toBe(100);
      expect(one.next().value.seq).toBe(2);
      expect(one.return?.().done ?? true).toBe(true);
      expect(two.next().value.seq).toBe(101);
    });
  });
}
