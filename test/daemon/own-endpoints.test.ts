// Which addresses of a machine others are told, and when: every history of interfaces.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENDPOINTS_MAX, QUOTA_NODE, QUOTA_NODE_ROTATION } from '../../ledger/limits.ts';
import type { Key } from '../../proto/ids.ts';
import { isEndpoint } from '../../proto/names.ts';
import { ENDPOINT_GAPS, ENDPOINT_SETTLE_MS } from '../../src/daemon/limits.ts';
import {
  NOTHING_PUBLISHED,
  type OwnAddress,
  type Publishing,
  type Sight,
  isWitnessed,
  published,
  reachableAt,
} from '../../src/daemon/own-endpoints.ts';

const at = (address: string, name = 'eth0'): OwnAddress => ({ name, address, internal: false });
const key = (letter: string): Key => letter.repeat(43) as Key;
const DOOR = { host: '::', port: 7447 };

test('a machine that came after the start says nothing of what was lost before it', () => {
  const [elder, other, late] = [key('E'), key('O'), key('L')];
  for (const [elders, agreeing, isCurrent] of [
    [[], [], true],
    [[], [late], true],
    [[elder, other], [], false],
    [[elder, other], [late], false],
    [[elder, other], [late, other], true],
  ] as const) {
    expect(isWitnessed(elders, new Set(agreeing))).toBe(isCurrent);
  }
});

describe('the addresses that others are told', () => {
  test('are those of the machine that lead outside, a person’s word first', () => {
    const addresses = [
      { ...at('127.0.0.1', 'lo'), internal: true },
      { ...at('::1', 'lo'), internal: true },
      at('192.168.1.20'),
      at('fe80::1'),
      at('169.254.7.7'),
      at('fd12:3456::7'),
      at('2001:db8::7'),
      at('fd00:1:2::1', 'kith1a2b3c'),
      at('10.73.0.2', 'kith1a2b3c'),
      at('172.17.0.1', 'docker0'),
      at('172.18.0.1', 'br-0123'),
    ];
    expect(reachableAt({ addresses, door: DOOR, named: ['home.example:17447'] })).toEqual([
      'home.example:17447',
      '192.168.1.20:7447',
      '[2001:db8::7]:7447',
      '[fd12:3456::7]:7447',
    ]);
  });

  test('follow where the door listens', () => {
    const addresses = [at('192.168.1.20'), at('192.168.2.20', 'eth1'), at('2001:db8::7')];
    const atHost = (host: string) => reachableAt({ addresses, door: { host, port: 1 }, named: [] });
    expect(atHost('0.0.0.0')).toEqual(['192.168.1.20:1', '192.168.2.20:1']);
    expect(atHost('192.168.2.20')).toEqual(['192.168.2.20:1']);
    expect(atHost('2001:db8::7')).toEqual(['[2001:db8::7]:1']);
    expect(atHost('127.0.0.1')).toEqual([]);
  });

  const anAddress = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('fe80::1%eth0', 'FE80::1', 'x'));
  const anInterface = fc.record({
    name: fc.constantFrom('eth0', 'wlan0', 'lo', 'kithabcdef', 'docker0', 'veth12'),
    address: anAddress,
    internal: fc.boolean(),
  });

  test('are always few endpoints without a loopback, a link-local or an inner one', () => {
    fc.assert(
      fc.property(
        fc.array(anInterface, { maxLength: 40 }),
        fc.array(fc.constantFrom('a.example:1', '192.0.2.1:9', '[::1]:5', 'no endpoint'), {
          maxLength: 12,
        }),
        (addresses, named) => {
          const told = reachableAt({ addresses, door: DOOR, named });
          expect(told.length).toBeLessThanOrEqual(ENDPOINTS_MAX);
          expect(new Set(told).size).toBe(told.length);
          for (const one of told) {
            expect(isEndpoint(one)).toBe(true);
            if ((named as string[]).includes(one)) continue;
            expect(one).not.toMatch(/^(127\.|169\.254\.|\[fe[89ab]|\[::1\])/);
            const found = addresses.filter(
              ({ address }) =>
                `[${address}]:7447`.toLowerCase() === one || `${address}:7447` === one,
            );
            expect(
              found.some(({ name, internal }) => !internal && /^(eth|wlan|lo)/.test(name)),
            ).toBe(true);
          }
          // The order in which the system lists them says nothing.
          expect(reachableAt({ addresses: addresses.toReversed(), door: DOOR, named })).toEqual(
            told,
          );
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });
});

const LISTS = [[], ['a.example:1'], ['b.example:1', 'a.example:1'], ['[2001:db8::7]:7447']];
const aList = fc.constantFrom(...LISTS);

interface Moment extends Pick<Sight, 'reachable' | 'isCurrent'> {
  readonly afterMs: number;
}
const aMoment: fc.Arbitrary<Moment> = fc.record({
  reachable: aList,
  isCurrent: fc.boolean(),
  afterMs: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 90_000_000 })),
});

/** Runs a history; what is written becomes what the ledger states. */
function lived(
  moments: readonly Moment[],
  first: { readonly stated: readonly string[]; readonly places: number },
): { readonly atMs: number; readonly write: readonly string[]; readonly moment: number }[] {
  let state: Publishing = NOTHING_PUBLISHED;
  let { stated, places } = first;
  let atMs = 0;
  const writes: { atMs: number; write: readonly string[]; moment: number }[] = [];
  moments.forEach(({ afterMs, ...sight }, moment) => {
    atMs += afterMs;
    const decided = published(state, { ...sight, stated, places, atMs });
    state = decided.state;
    if (decided.write === null) return;
    writes.push({ atMs, write: decided.write, moment });
    [stated, places] = [decided.write, places - 1];
  });
  return writes;
}

describe('a statement of them', () => {
  test('is made once for what has changed and stayed, by one who knows the ledger', () => {
    const moment = (afterMs: number, reachable: readonly string[], isCurrent = true): Moment => ({
      ...{ afterMs, reachable, isCurrent },
    });
    const [a, b] = [LISTS[1], LISTS[2]] as [string[], string[]];
    const writes = lived(
      [
        moment(1, a),
        moment(5_000, a),
        moment(1, b),
        moment(9_999, b),
        moment(1, b, false),
        moment(1, b),
        moment(60_000, b.toReversed()),
        moment(600_000, b),
      ],
      { stated: [], places: 4_000 },
    );
    expect(writes).toMatchObject([{ moment: 5, write: b }]);
  });

  test('never goes out unsettled, unsaid, uninformed, too soon, or into the last places', () => {
    fc.assert(
      fc.property(
        fc.array(aMoment, { maxLength: 60 }),
        aList,
        fc.integer({ min: 0, max: QUOTA_NODE - QUOTA_NODE_ROTATION }),
        (moments, stated, places) => {
          const writes = lived(moments, { stated, places });
          writes.forEach(({ atMs, write, moment }, i) => {
            const here = moments[moment] as Moment;
            expect(write).toEqual(here.reachable);
            expect([write.length > 0, here.isCurrent]).toEqual([true, true]);
            const before = i === 0 ? stated : (writes[i - 1]?.write ?? []);
            expect(write.toSorted()).not.toEqual([...before].toSorted());
            const left = places - i;
            const gap = ENDPOINT_GAPS.find(({ above }) => left > above);
            expect(gap).toBeDefined();
            if (i > 0) {
              const since = atMs - (writes[i - 1]?.atMs ?? 0);
              expect(since).toBeGreaterThanOrEqual(gap?.gapMs ?? 0);
            }
            // It has stayed so: the looks of the settling time, and the one before it, saw the
            // same.
            let ago = 0;
            for (let m = moment; ago < ENDPOINT_SETTLE_MS; m--) {
              ago += moments[m]?.afterMs ?? 0;
              const then = moments[m - 1]?.reachable ?? [];
              expect([...then].toSorted()).toEqual(write.toSorted());
            }
          });
        },
      ),
      { seed: 4, numRuns: 1_000 },
    );
  });

  test('comes in the end where addresses stay, whatever was before', () => {
    const calm = Array.from({ length: 40 }, () => ({
      ...{ reachable: ['calm.example:1'], isCurrent: true, afterMs: 3_600_000 },
    }));
    fc.assert(
      fc.property(fc.array(aMoment, { maxLength: 40 }), aList, (moments, stated) => {
        const writes = lived([...moments, ...calm], { stated, places: 1_000 });
        expect(writes.at(-1)?.write).toEqual(['calm.example:1']);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
