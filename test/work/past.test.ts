// What a host remembers of leases that are gone is what one plain map would hold, oldest first; it
// is bounded, and a value that was handed out never changes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Digest, Key } from '../../proto/ids.ts';
import { PAST_MAX, PAST_NEW_MAX } from '../../work/host-limits.ts';
import type { Past } from '../../work/lease.ts';
import {
  type PastBook,
  allPast,
  bookOf,
  pastAfter,
  pastOf,
  remembered,
  withoutPast,
} from '../../work/past.ts';

function gone(id: string, atMs: number): Past {
  const tag = { generation: 1, digest: '' as Digest, owner: '' as Key };
  return { ...tag, id, state: null, atMs };
}

const acts = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('gone'), id: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('taken'), id: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('late'), id: fc.nat(40) }) },
  ),
  { minLength: 200, maxLength: 400 },
);

test('the book of the past is a map in the order in which leases went', () => {
  fc.assert(
    fc.property(acts, (list) => {
      let book: PastBook = bookOf([]);
      const map = new Map<string, Past>();
      for (const [atMs, { do: what, id }] of list.entries()) {
        const name = `work-${id}`;
        const [before, said] = [book, allPast(book)];
        if (what === 'gone') {
          book = remembered(book, gone(name, atMs));
          map.delete(name);
          map.set(name, gone(name, atMs));
        } else if (what === 'taken') {
          book = withoutPast(book, name);
          map.delete(name);
        } else {
          book = pastAfter(book, atMs - 40 - id);
          for (const [key, one] of map) if (one.atMs <= atMs - 40 - id) map.delete(key);
        }
        expect(allPast(before)).toEqual(said);
        expect(pastOf(book, name)).toEqual(map.get(name));
      }
      expect(allPast(book)).toEqual([...map.values()]);
    }),
    { numRuns: 30, seed: 5 },
  );
});

test('the oldest fall out beyond the bound', () => {
  let book: PastBook = bookOf([]);
  for (let i = 0; i < PAST_MAX + 500; i++) book = remembered(book, gone(`work-${i}`, i));
  const all = allPast(book);
  expect(all.length).toBeLessThanOrEqual(PAST_MAX);
  expect(all.length).toBeGreaterThanOrEqual(PAST_MAX - PAST_NEW_MAX);
  expect(all.at(-1)?.id).toBe(`work-${PAST_MAX + 499}`);
  expect(all[0]?.atMs).toBe(PAST_MAX + 500 - all.length);
});
