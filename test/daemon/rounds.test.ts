// Whom the daemon syncs with and when, under a clock of the test's own.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import {
  ALONE_MS,
  HEARD_MAX,
  HURRIED_MAX,
  HURRY_MS,
  JITTER_SHARE,
  KNOWN_MAX,
  RETRY_MS_MAX,
  SYNC_EVERY_MS,
} from '../../src/daemon/limits.ts';
import {
  type Book,
  type Busy,
  type Found,
  beaten,
  begun,
  due,
  ended,
  heard,
  hurried,
  learned,
  lostAmong,
  nextDueAtMs,
  without,
} from '../../src/daemon/rounds.ts';
import { withPeer } from '../../src/daemon/kept.ts';

const EMPTY: Book = new Map();
const IDLE: Busy = new Map();
/** Right in the middle: no wait is longer or shorter. */
const EVEN = 0.5;
const [anna, bert] = ['anna', 'bert'] as unknown as [Key, Key];

function found(source: Found['source'], url: string, key: Key | null = null): Found {
  return { url, source, key };
}

function urlsDue(book: Book, atMs: number, busy: Busy = IDLE): string[] {
  return due(book, busy, atMs).map(({ url }) => url);
}

function nextAt(book: Book, busy: Busy = IDLE): number | null {
  return nextDueAtMs(book, busy);
}

function synced(book: Book, url: string, key: Key, atMs: number): Book {
  return ended(begun(book, url, atMs, EVEN), url, { agree: true, key }, atMs, EVEN);
}

function failed(book: Book, url: string, atMs: number): Book {
  return ended(begun(book, url, atMs, EVEN), url, { agree: false, key: null }, atMs, EVEN);
}

describe('a peer', () => {
  test('is due as soon as it is known, and every ten seconds from then on', () => {
    let book = learned(EMPTY, 'told', [found('told', 'a')], 5);
    expect(urlsDue(book, 5)).toEqual(['a']);
    book = synced(book, 'a', anna, 5);
    expect(nextAt(book)).toBe(5 + SYNC_EVERY_MS);
    expect(urlsDue(book, 4 + SYNC_EVERY_MS)).toEqual([]);
    expect(urlsDue(book, 5 + SYNC_EVERY_MS)).toEqual(['a']);
    expect(urlsDue(book, 5 + SYNC_EVERY_MS, new Map([['a', 0]]))).toEqual([]);
  });

  test('that does not answer is asked less and less often, and at once less when it is back', () => {
    let book = learned(EMPTY, 'told', [found('told', 'a')], 0);
    const waits: number[] = [];
    for (let atMs = 0, i = 0; i < 8; i++) {
      book = failed(book, 'a', atMs);
      const next = nextAt(book) as number;
      waits.push(next - atMs);
      atMs = next;
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
    expect(Math.max(...waits)).toBe(RETRY_MS_MAX);
    book = synced(book, 'a', anna, 0);
    expect(nextAt(book)).toBe(SYNC_EVERY_MS);
    expect([...book.values()][0]).toMatchObject({ failures: 0, key: anna });
  });

  test('waits a fifth more or less, so that peers drift apart', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (jitter) => {
        const book = begun(learned(EMPTY, 'told', [found('told', 'a')], 0), 'a', 0, jitter);
        const waitMs = nextAt(book) as number;
        expect(waitMs).toBeGreaterThanOrEqual(SYNC_EVERY_MS * (1 - JITTER_SHARE));
        expect(waitMs).toBeLessThanOrEqual(SYNC_EVERY_MS * (1 + JITTER_SHARE));
      }),
    );
  });

  test('is asked at one address while it answers there, and at the others when it does not', () => {
    const two = [found('ledger', 'a', anna), found('ledger', 'b', anna)];
    let book = learned(EMPTY, 'ledger', two, 0);
    expect(urlsDue(book, 0)).toEqual(['a']);
    book = failed(book, 'a', 0);
    expect(urlsDue(book, 0)).toEqual(['b']);
    book = synced(book, 'b', anna, 0);
    expect(urlsDue(book, 60_000)).toEqual(['b']);
    expect(nextAt(book)).toBe(SYNC_EVERY_MS);
    book = failed(book, 'b', 60_000);
    expect(urlsDue(book, 60_000)).toEqual(['a']);
  });

  test('that was moved in the ledger is forgotten at its old place; what a person named stays', () => {
    let book = learned(EMPTY, 'told', [found('told', 'a')], 0);
    book = learned(book, 'ledger', [found('ledger', 'a', anna), found('ledger', 'b', bert)], 0);
    expect([...book.keys()]).toEqual(['a', 'b']);
    book = learned(book, 'ledger', [found('ledger', 'c', bert)], 0);
    expect([...book.keys()]).toEqual(['a', 'c']);
    expect(without(book, 'a').size).toBe(1);
  });
});

describe('a peer that is heard on the mesh', () => {
  const both = (): Book =>
    learned(
      synced(learned(EMPTY, 'ledger', [found('ledger', 'door', anna)], 0), 'door', anna, 0),
      'mesh',
      [found('mesh', 'mesh', anna)],
      0,
    );

  test('is asked there, and at its door only while that fails', () => {
    let book = both();
    expect(urlsDue(book, 60_000)).toEqual(['mesh']);
    book = failed(book, 'mesh', 60_000);
    expect(urlsDue(book, 60_000)).toEqual(['door']);
    book = synced(book, 'door', anna, 60_000);
    expect(urlsDue(book, 80_000)).toEqual(['door']);
    book = beaten(book, { key: anna, isSame: true }, 80_000, EVEN);
    expect(urlsDue(book, 80_000)).toEqual([]);
  });

  test('is asked at once when its heartbeat shows another root, and not while it shows ours', () => {
    let book = synced(both(), 'mesh', anna, 0);
    for (let atMs = 0; atMs < 100_000; atMs += SYNC_EVERY_MS) {
      book = beaten(book, { key: anna, isSame: true }, atMs, EVEN);
      expect(urlsDue(book, atMs + SYNC_EVERY_MS)).toEqual([]);
    }
    book = beaten(book, { key: bert, isSame: false }, 100_000, EVEN);
    expect(urlsDue(book, 100_000)).toEqual([]);
    book = beaten(book, { key: anna, isSame: false }, 100_000, EVEN);
    expect(urlsDue(book, 100_000)).toEqual(['mesh']);
  });

  test('counts as one where there is news', () => {
    let book = synced(both(), 'mesh', anna, 0);
    book = hurried(book, null, 5_000, EVEN);
    expect(urlsDue(book, 5_000 + HURRY_MS)).toEqual(['mesh']);
    // Two addresses of one peer: half of the few would be wasted.
    expect([...book.values()].filter(({ dueAtMs }) => dueAtMs < 6_000)).toHaveLength(1);
  });

  test('that is heard no more is found at its door', () => {
    const book = learned(both(), 'mesh', [], 60_000);
    expect(urlsDue(book, 60_000)).toEqual(['door']);
  });
});

describe('news', () => {
  test('makes those due who answer, and not whoever brought it', () => {
    let book = learned(
      EMPTY,
      'told',
      ['a', 'b', 'c'].map((url) => found('told', url)),
      0,
    );
    book = failed(synced(synced(book, 'a', anna, 0), 'b', bert, 0), 'c', 0);
    book = hurried(book, bert, 100, EVEN);
    expect(urlsDue(book, 100 + HURRY_MS)).toEqual(['a']);
  });

  test('that comes while a sync is under way is not forgotten when it ends', () => {
    let book = synced(learned(EMPTY, 'told', [found('told', 'a')], 0), 'a', anna, 0);
    book = begun(book, 'a', 20_000, EVEN);
    book = hurried(book, null, 20_010, EVEN);
    book = ended(book, 'a', { agree: true, key: anna }, 20_050, EVEN);
    expect(urlsDue(book, 20_010 + HURRY_MS)).toEqual(['a']);
  });

  test('is told to a few of many, wherever the dice fall', () => {
    const many = Array.from({ length: 50 }, (_, i) => found('told', `p${i}`));
    let book = learned(EMPTY, 'told', many, 0);
    for (const { url } of many) book = synced(book, url, url as unknown as Key, 0);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (jitter) => {
        const told = [...hurried(book, null, 0, jitter).values()];
        expect(told.filter(({ dueAtMs }) => dueAtMs <= HURRY_MS)).toHaveLength(HURRIED_MAX);
      }),
    );
  });
});

describe('many peers', () => {
  test('are asked a few at once, the longest due first, each in its turn', () => {
    const many = Array.from({ length: 200 }, (_, i) => found('told', `p${i}`));
    let book = learned(EMPTY, 'told', many, 0);
    const asked = new Map<string, number>();
    for (let atMs = 0; atMs < 200_000; atMs += 250) {
      for (const url of urlsDue(book, atMs)) {
        asked.set(url, (asked.get(url) ?? 0) + 1);
        book = synced(book, url, url as unknown as Key, atMs);
      }
    }
    // 200 at 250 ms are a round of 50 s.
    expect(new Set(asked.values())).toEqual(new Set([4]));
  });

  test('that are dead hold up none that answers, and not the same peer at a better place', () => {
    const dead = Array.from({ length: 12 }, (_, i) => found('told', `dead${i}`));
    let book = learned(EMPTY, 'ledger', [found('ledger', 'old', anna), ...dead], 0);
    const busy = new Map<string, number | null>(urlsDue(book, 0).map((url) => [url, 0]));
    expect([...busy.keys()].at(-1)).toBe('dead6');
    expect(nextAt(book, busy)).toBeNull();
    book = learned(book, 'mesh', [found('mesh', 'new', anna), found('mesh', 'b', bert)], 5);
    expect(nextAt(book, busy)).toBe(5);
    expect(urlsDue(book, 5, busy)).toEqual(['new', 'b']);
    for (const url of ['new', 'b']) busy.set(url, 5);
    // Its old place gets no second turn beside it, and nobody is woken for that.
    busy.delete('old');
    expect(urlsDue(book, 5, busy)).toEqual(['dead7']);
    busy.set('dead7', 5);
    expect(nextAt(book, busy)).toBeNull();
  });

  test('are tried at one address after the other, until somebody speaks', () => {
    const two = [found('ledger', 'a', anna), found('ledger', 'b', anna)];
    const book = learned(EMPTY, 'ledger', two, 0);
    expect(urlsDue(book, 7)).toEqual(['a']);
    expect(nextAt(book, new Map([['a', 7]]))).toBe(7 + ALONE_MS);
    expect(urlsDue(book, 6 + ALONE_MS, new Map([['a', 7]]))).toEqual([]);
    expect(urlsDue(book, 7 + ALONE_MS, new Map([['a', 7]]))).toEqual(['b']);
    const speaking: Busy = new Map([['a', null]]);
    expect(urlsDue(book, 7 + ALONE_MS, speaking)).toEqual([]);
    expect(nextAt(book, speaking)).toBeNull();
  });

  test('wake nobody up for what may not be asked yet', () => {
    const address = fc.record({
      url: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      source: fc.constantFrom<Found['source']>('ledger', 'mesh', 'told'),
      key: fc.constantFrom(anna, bert, null),
      failures: fc.nat(1),
      dueAtMs: fc.nat(20),
      goodAtMs: fc.option(fc.nat(20)),
      isBusy: fc.boolean(),
      silentSinceMs: fc.option(fc.nat(20)),
    });
    fc.assert(
      fc.property(fc.array(address), fc.nat(20), (addresses, atMs) => {
        const book: Book = new Map(addresses.map((known) => [known.url, known]));
        const asked = [...new Map(addresses.map((one) => [one.url, one])).values()];
        const busy: Busy = new Map(
          asked
            .filter(({ isBusy }) => isBusy)
            .map(({ url, silentSinceMs }) => [url, silentSinceMs && silentSinceMs - ALONE_MS]),
        );
        const isDue = (nextAt(book, busy) ?? Number.POSITIVE_INFINITY) <= atMs;
        expect(urlsDue(book, atMs, busy).length > 0).toBe(isDue);
      }),
    );
  });

  test('are so many and no more', () => {
    const many = Array.from({ length: KNOWN_MAX + 5 }, (_, i) => found('ledger', `p${i}`));
    expect(learned(EMPTY, 'ledger', many, 0).size).toBe(KNOWN_MAX);
  });
});

describe('what a member says of where others are', () => {
  const both = [anna, bert];
  const told = (key: Key, ...urls: string[]) => ({ key, urls });

  test('is asked for those who answer nowhere, and tried at once', () => {
    let book = learned(
      EMPTY,
      'ledger',
      [found('ledger', 'a', anna), found('ledger', 'b', bert)],
      0,
    );
    expect(lostAmong(book, both)).toEqual(new Set(both));
    book = failed(synced(book, 'a', anna, 0), 'b', 0);
    const lost = lostAmong(book, both);
    expect(lost).toEqual(new Set([bert]));
    book = heard(book, [told(bert, 'b2', 'b'), told(anna, 'a2')], lost, 5);
    expect([...book.keys()]).toEqual(['a', 'b', 'b2']);
    expect(urlsDue(book, 5)).toEqual(['b2']);
    // It was right: it stays, whatever the next one says.
    book = synced(book, 'b2', bert, 5);
    expect(lostAmong(book, both).size).toBe(0);
    book = heard(book, [], new Set(), 6);
    expect([...book.keys()]).toEqual(['a', 'b', 'b2']);
  });

  test('that came to nothing gives way to what is said next, and a liar fills nothing', () => {
    const lost = new Set([bert]);
    const lies = Array.from({ length: 400 }, (_, i) => `lie${i}`);
    let book = heard(
      learned(EMPTY, 'told', [found('told', 'a', anna)], 0),
      [told(bert, ...lies)],
      lost,
      0,
    );
    expect(book.size).toBe(1 + HEARD_MAX);
    book = failed(book, 'lie0', 0);
    book = heard(book, [told(bert, 'lie0', 'b')], lost, 1);
    expect([...book.keys()]).toEqual(['a', 'lie0', 'b']);
    expect(book.get('lie0')?.failures).toBe(1);
  });
});

describe('the addresses that are kept', () => {
  test('are one a peer, the latest first, and the same list where nothing is new', () => {
    const one = withPeer([], { key: anna, url: 'a' });
    expect(withPeer(one, { key: anna, url: 'a' })).toBe(one);
    const two = withPeer(one, { key: bert, url: 'b' });
    expect(withPeer(two, { key: anna, url: 'c' })).toEqual([
      { key: anna, url: 'c' },
      { key: bert, url: 'b' },
    ]);
    // Another machine answers at that address now.
    expect(withPeer(two, { key: bert, url: 'a' })).toEqual([{ key: bert, url: 'a' }]);
  });
});
