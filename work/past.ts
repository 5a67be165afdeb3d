// What a host remembers of leases that are gone, so that a late word finds its answer: the oldest
// first, and no more than a bound. It is a value that many steps share, and each lease that goes is
// one more; so the newest few stand apart, and only those are copied. Spec: docs/running.md,
// "Journal".

import { PAST_MAX, PAST_NEW_MAX } from './host-limits.ts';
import type { Past } from './lease.ts';

type Pasts = ReadonlyMap<string, Past>;

export interface PastBook {
  readonly old: Pasts;
  /** None of these is in the other part. */
  readonly newest: Pasts;
}

export function bookOf(all: Iterable<Past>): PastBook {
  return { old: new Map(Array.from(all, (one) => [one.id, one])), newest: new Map() };
}

export function pastOf({ old, newest }: PastBook, id: string): Past | undefined {
  return newest.get(id) ?? old.get(id);
}

/** The oldest first. */
export function allPast({ old, newest }: PastBook): Past[] {
  return [...old.values(), ...newest.values()];
}

export function remembered(book: PastBook, one: Past): PastBook {
  const { old, newest: before } = withoutPast(book, one.id);
  const newest = new Map(before).set(one.id, one);
  if (newest.size < PAST_NEW_MAX) return { old, newest };
  const all = [...old.values(), ...newest.values()];
  return bookOf(all.slice(-(PAST_MAX - PAST_NEW_MAX)));
}

export function withoutPast({ old, newest }: PastBook, id: string): PastBook {
  return { old: without(old, id), newest: without(newest, id) };
}

/** Those alone that went after this moment. Mostly one look is enough. */
export function pastAfter(book: PastBook, afterMs: number): PastBook {
  const [oldest] = book.old.size > 0 ? book.old.values() : book.newest.values();
  if (oldest === undefined || oldest.atMs > afterMs) return book;
  const all = allPast(book);
  const first = all.findIndex(({ atMs }) => atMs > afterMs);
  return bookOf(first < 0 ? [] : all.slice(first));
}

function without(map: Pasts, id: string): Pasts {
  if (!map.has(id)) return map;
  const rest = new Map(map);
  rest.delete(id);
  return rest;
}
