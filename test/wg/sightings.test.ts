// What members say of each other's addresses: signatures, bounds, the kind of NAT that follows, the
// candidates that come of it, and the meet that carries all this.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { nodePlatform as platform } from '../../src/platform.ts';
import { NOTHING_KNOWN, candidatesOf } from '../../wg/candidates.ts';
import {
  CANDIDATES_MAX,
  MEET_BYTES_MAX,
  SIGHTINGS_MAX,
  SIGHTINGS_PER_SUBJECT_MAX,
  SIGHTING_BYTES_MAX,
  SIGHTING_FRESH_MS,
  SIGHTING_MS,
} from '../../wg/link-limits.ts';
import { SIGHTING_REFUSALS } from '../../wg/link-refusals.ts';
import { type Meet, meetBody, readMeet } from '../../wg/meet.ts';
import { natKind } from '../../wg/nat.ts';
import {
  type Ground,
  NO_SIGHTINGS,
  type Sightings,
  hasMoved,
  pruned,
  readSighting,
  sightingBody,
  sightingsOf,
  withSighting,
} from '../../wg/observations.ts';
import { hostIn, liesIn, portIn, scopeOf } from '../../wg/scope.ts';
import {
  type Statement,
  encodeSigned,
  endpointBytes,
  endpointIn,
  statementMessage,
} from '../../wg/signed.ts';
import { type Actor, actor, signBytes } from '../kit/actors.ts';

const LEDGER = 'A'.repeat(43) as RecordId;
const OTHER_LEDGER = `${'A'.repeat(42)}E` as RecordId;
const [ada, bob, eve, stranger] = ['ada', 'bob', 'eve', 'stranger'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const members = new Set<Key>([ada.key, bob.key, eve.key]);
const ground = (lan: readonly Key[] = []): Ground => ({
  ledger: LEDGER,
  platform,
  network: 'fd12:3456:789a::/48',
  isMember: (key) => members.has(key),
  isOnLan: (key) => lan.includes(key),
});

function signed(by: Actor, what: Statement, body: Uint8Array, ledger = LEDGER): Uint8Array {
  const signature = signBytes(by, statementMessage(what, ledger, body));
  return encodeSigned(by.key, body, fromBase64url(signature) as Uint8Array);
}

function sighting(by: Actor, subject: Key, endpoint: string, sequence = 1): Uint8Array {
  const body = sightingBody({ subject, sequence, endpoint }) as Uint8Array;
  return signed(by, 'sighting', body);
}

describe('a sighting', () => {
  test('comes back as its observer signed it, in either family', () => {
    for (const endpoint of ['203.0.113.9:7447', '[2001:db8::1]:65535']) {
      const bytes = sighting(ada, bob.key, endpoint, 2 ** 40);
      expect(bytes.length).toBeLessThanOrEqual(SIGHTING_BYTES_MAX);
      expect(readSighting(ground(), bytes)).toEqual({
        ok: true,
        value: { observer: ada.key, subject: bob.key, sequence: 2 ** 40, endpoint },
      });
    }
  });

  test.each<[string, Uint8Array, string]>([
    ['by no member', sighting(stranger, bob.key, '203.0.113.9:1'), 'sighting-stranger'],
    ['about no member', sighting(ada, stranger.key, '203.0.113.9:1'), 'sighting-stranger'],
    ['about oneself', sighting(ada, ada.key, '203.0.113.9:1'), 'sighting-own'],
    ['of a private address', sighting(ada, bob.key, '192.168.1.2:1'), 'sighting-reserved'],
    ['of a unique local one', sighting(ada, bob.key, '[fd00::2]:1'), 'sighting-reserved'],
    ['of shared space', sighting(ada, bob.key, '100.64.1.1:1'), 'sighting-reserved'],
    ['of a loopback', sighting(ada, bob.key, '127.0.0.1:1'), 'sighting-reserved'],
    ['of a group', sighting(ada, bob.key, '224.0.0.251:1'), 'sighting-reserved'],
    ['of nothing', sighting(ada, bob.key, '0.0.0.0:1'), 'sighting-reserved'],
    ['of a mapped address', sighting(ada, bob.key, '[::ffff:1.2.3.4]:1'), 'sighting-reserved'],
    ['of the mesh', sighting(ada, bob.key, '[fd12:3456:789a:1::1]:1'), 'sighting-reserved'],
  ])('%s is refused', (_, bytes, code) => {
    expect(readSighting(ground(), bytes)).toMatchObject({ ok: false, code });
    expect(SIGHTING_REFUSALS[code as keyof typeof SIGHTING_REFUSALS].what).not.toBe('');
  });

  test('of a private address counts once a beacon of it was heard, one of the mesh never', () => {
    const lan = ground([bob.key]);
    expect(readSighting(lan, sighting(ada, bob.key, '192.168.1.2:1')).ok).toBe(true);
    expect(readSighting(lan, sighting(ada, bob.key, '[fd12:3456:789a::1]:1')).ok).toBe(false);
    expect(readSighting(lan, sighting(ada, bob.key, '127.0.0.1:1')).ok).toBe(false);
  });

  test('of another ledger, or signed for another purpose, is none', () => {
    const body = sightingBody({ subject: bob.key, sequence: 1, endpoint: '203.0.113.9:1' });
    for (const bytes of [
      signed(ada, 'sighting', body as Uint8Array, OTHER_LEDGER),
      signed(ada, 'meet', body as Uint8Array),
    ]) {
      expect(readSighting(ground(), bytes)).toMatchObject({ code: 'sighting-malformed' });
    }
    expect(
      sightingBody({ subject: bob.key, sequence: 1, endpoint: '[fe80::1%eth0]:1' }),
    ).toBeNull();
  });

  test('with any bit turned is none, and no bytes throw', () => {
    const bytes = sighting(ada, bob.key, '203.0.113.9:7447');
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const turned = bytes.slice();
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(readSighting(ground(), turned).ok).toBe(false);
      }),
      { seed: 1, numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (any) => {
        expect(readSighting(ground(), any).ok).toBe(false);
        expect(readMeet(ground(), any)).toBeNull();
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

const named = (i: number): Key => `key${i}` as Key;
const seen = (
  book: Sightings,
  observer: Key,
  subject: Key,
  endpoint: string,
  sequence: number,
  nowMs: number,
): Sightings =>
  withSighting(book, { observer, subject, endpoint, sequence }, new Uint8Array(), nowMs);

describe('the book of sightings', () => {
  test('keeps the newest word of each observer, by its own count', () => {
    let book = seen(NO_SIGHTINGS, ada.key, bob.key, '203.0.113.1:1', 5, 0);
    book = seen(book, ada.key, bob.key, '203.0.113.2:1', 6, 10);
    expect(seen(book, ada.key, bob.key, '203.0.113.1:1', 5, 20)).toEqual(book);
    expect(sightingsOf(book, bob.key, 20).map(({ endpoint }) => endpoint)).toEqual([
      '203.0.113.2:1',
    ]);
  });

  test('is bounded for each subject and in all, the oldest out first', () => {
    let book = NO_SIGHTINGS;
    for (let i = 0; i < 20; i++) book = seen(book, named(i), bob.key, `203.0.113.${i}:1`, 1, i);
    const kept = sightingsOf(book, bob.key, 20).map(({ observer }) => observer);
    expect(kept).toEqual(
      Array.from({ length: SIGHTINGS_PER_SUBJECT_MAX }, (_, i) => named(19 - i)),
    );
    for (let i = 0; i < SIGHTINGS_MAX + 50; i++) {
      book = seen(book, ada.key, named(i), '203.0.113.1:1', i, 30);
    }
    expect(book.kept).toHaveLength(SIGHTINGS_MAX);
    expect(sightingsOf(book, bob.key, 31)).toEqual([]);
  });

  test('forgets the old ones and those of removed members', () => {
    let book = seen(NO_SIGHTINGS, ada.key, bob.key, '203.0.113.1:1', 1, 0);
    book = seen(book, eve.key, bob.key, '203.0.113.1:1', 1, 1_000);
    expect(sightingsOf(book, bob.key, SIGHTING_MS)).toHaveLength(1);
    expect(pruned(book, () => true, SIGHTING_MS).kept).toHaveLength(1);
    expect(pruned(book, (key) => key !== eve.key, 1_000).kept).toHaveLength(1);
  });

  test('tells a move by what one observer said before, not by what two see', () => {
    const first = seen(NO_SIGHTINGS, ada.key, bob.key, '203.0.113.1:1', 1, 0);
    const second = seen(first, eve.key, bob.key, '203.0.113.1:2', 1, 0);
    expect(hasMoved(first, second, bob.key)).toBe(false);
    const moved = seen(second, eve.key, bob.key, '203.0.113.7:2', 2, 0);
    expect(hasMoved(second, moved, bob.key)).toBe(true);
    expect(hasMoved(second, moved, eve.key)).toBe(false);
  });
});

describe('the kind of NAT', () => {
  const kindOf = (rows: readonly (readonly [number, string])[], own: string[] = []): string => {
    let book = NO_SIGHTINGS;
    for (const [i, endpoint] of rows) book = seen(book, named(i), bob.key, endpoint, 1, 0);
    return natKind(sightingsOf(book, bob.key, 1), own, 1);
  };
  test.each([
    ['nobody says anything', [], 'unknown'],
    ['one says something', [[1, '203.0.113.1:1']], 'unknown'],
    [
      'two see one port',
      [
        [1, '203.0.113.1:1'],
        [2, '203.0.113.1:1'],
      ],
      'independent',
    ],
    [
      'two see two ports',
      [
        [1, '203.0.113.1:1'],
        [2, '203.0.113.1:2'],
      ],
      'dependent',
    ],
    [
      'two see two hosts',
      [
        [1, '203.0.113.1:1'],
        [2, '203.0.113.2:1'],
      ],
      'unknown',
    ],
    [
      'one sees a private one',
      [
        [1, '203.0.113.1:1'],
        [2, '10.0.0.1:2'],
      ],
      'unknown',
    ],
    [
      'a third agrees with one',
      [
        [1, '203.0.113.1:1'],
        [2, '203.0.113.1:1'],
        [3, '203.0.113.1:9'],
      ],
      'dependent',
    ],
  ] as [string, [number, string][], string][])('when %s: %#', (_, rows, kind) => {
    expect(kindOf(rows)).toBe(kind);
  });

  test('is none where an interface has the very address that is seen', () => {
    expect(kindOf([[1, '203.0.113.1:7447']], ['203.0.113.1:7447'])).toBe('independent');
  });

  test('is judged by fresh words only', () => {
    let book = seen(NO_SIGHTINGS, named(1), bob.key, '203.0.113.1:1', 1, 0);
    book = seen(book, named(2), bob.key, '203.0.113.1:2', 1, 10);
    const all = sightingsOf(book, bob.key, SIGHTING_FRESH_MS - 1);
    expect(natKind(all, [], SIGHTING_FRESH_MS - 1)).toBe('dependent');
    expect(natKind(all, [], SIGHTING_FRESH_MS)).toBe('unknown');
  });
});

describe('candidates', () => {
  const here = { own: ['203.0.113.50:7447', '192.168.1.1:7447'], network: 'fd12:3456:789a::/48' };

  test('come in the order of their likelihood, each once', () => {
    const known = {
      first: ['192.168.1.9:1', '192.168.1.8:1'],
      lan: ['192.168.1.9:1', '192.168.1.10:1'],
      own: ['10.0.0.9:1', '[2001:db8::9]:1'],
      observed: ['203.0.113.9:4000'],
      configured: ['203.0.113.9:7447', 'attic.example:7447'],
      last: ['203.0.113.9:7447', '198.51.100.1:1'],
    };
    expect(
      candidatesOf(known, here).map(({ endpoint, origin }) => `${origin} ${endpoint}`),
    ).toEqual([
      'lan 192.168.1.9:1',
      'first 192.168.1.8:1',
      'lan 192.168.1.10:1',
      'ipv6 [2001:db8::9]:1',
      'observed 203.0.113.9:4000',
      'configured 203.0.113.9:7447',
      'configured 10.0.0.9:1',
      'last 198.51.100.1:1',
    ]);
  });

  test('are never our own, of the mesh, or no place at all', () => {
    const configured = [...here.own, '[fd12:3456:789a:5::1]:1', '127.0.0.1:1', '224.0.0.1:1', 'x'];
    configured.push('[fe80::1]:1');
    expect(candidatesOf({ ...NOTHING_KNOWN, configured }, here)).toEqual([]);
  });

  test('are at most ten, whatever is known', () => {
    const text = fc.tuple(fc.nat(255), fc.nat(65_535)).map(([a, b]) => `203.0.113.${a}:${b}`);
    const list = fc.array(text, { maxLength: 12 });
    const known = fc.record({
      ...{ first: list, lan: list, own: list },
      ...{ observed: list, configured: list, last: list },
    });
    fc.assert(
      fc.property(known, (all) => {
        const found = candidatesOf(all, here);
        expect(found.length).toBeLessThanOrEqual(CANDIDATES_MAX);
        expect(new Set(found.map(({ endpoint }) => endpoint)).size).toBe(found.length);
        for (const { endpoint } of found) expect(scopeOf(endpoint)).not.toBe('none');
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe('a meet', () => {
  const own = ['192.168.7.2:7447', '[2001:db8::7]:7447'];
  const parts = { to: bob.key, sequence: 7, nat: 'independent' as const, own };
  const about = [sighting(eve, ada.key, '203.0.113.9:1'), sighting(bob, ada.key, '203.0.113.9:2')];

  test('carries where its author is, with the words of others about it', () => {
    const bytes = signed(ada, 'meet', meetBody({ ...parts, sightings: about }));
    expect(bytes.length).toBeLessThanOrEqual(MEET_BYTES_MAX);
    const meet = readMeet(ground(), bytes) as Meet;
    expect(meet).toMatchObject({ from: ada.key, ...parts });
    expect(meet.sightings.map(({ sighting: { endpoint } }) => endpoint)).toEqual([
      '203.0.113.9:1',
      '203.0.113.9:2',
    ]);
    expect(readSighting(ground(), meet.sightings[0]?.bytes as Uint8Array).ok).toBe(true);
  });

  test('leaves out words about others, and addresses that are no places', () => {
    const sightings = [sighting(eve, bob.key, '203.0.113.9:1'), new Uint8Array(5)];
    const strange = ['127.0.0.1:1', '[fd12:3456:789a::1]:1', '[fe80::1%eth0]:1', '203.0.113.4:4'];
    const bytes = signed(ada, 'meet', meetBody({ ...parts, own: strange, sightings }));
    expect(readMeet(ground(), bytes)).toMatchObject({ own: ['203.0.113.4:4'], sightings: [] });
  });

  test('by a stranger, or to oneself, is none', () => {
    const to = (by: Actor, whom: Key): Meet | null =>
      readMeet(ground(), signed(by, 'meet', meetBody({ ...parts, to: whom, sightings: [] })));
    expect(to(stranger, bob.key)).toBeNull();
    expect(to(ada, ada.key)).toBeNull();
    expect(to(ada, bob.key)).not.toBeNull();
  });
});

describe('an endpoint', () => {
  test('comes back from its bytes as it was', () => {
    for (const text of ['203.0.113.9:1', '[2001:db8::1]:65535', '[::1]:80']) {
      expect(endpointIn(endpointBytes(text) as Uint8Array)).toBe(text);
    }
    for (const size of [0, 4, 5, 7, 17, 19]) expect(endpointIn(new Uint8Array(size))).toBeNull();
    expect(endpointIn(new Uint8Array(6))).toBeNull();
  });

  test('has a host and a port', () => {
    expect([hostIn('[2001:db8::1]:7'), portIn('[2001:db8::1]:7')]).toEqual(['[2001:db8::1]', 7]);
    expect(liesIn('fd00::/8', '[fd00::1]:1')).toBe(true);
    expect(liesIn('fd00::/8', '10.0.0.1:1')).toBe(false);
    expect(scopeOf('nonsense')).toBe('none');
  });
});
