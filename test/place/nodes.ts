// Nodes and demands, plain and in great variety.

import fc from 'fast-check';
import type { Demand } from '../../place/demand.ts';
import type { Card, PlaceNode, Room } from '../../place/node.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';

export function keyOf(number: number): Key {
  return toBase64url(new Uint8Array(32).fill(number)) as Key;
}

export const ROOM: Room = {
  ...{ cpuMilli: 8_000, cpuFreeMilli: 6_000, memMib: 16_384, memFreeMib: 8_704 },
  ...{ diskMib: 102_400, diskFreeMib: 52_224, cardCount: 0, cards: [] },
};

export const CARD: Card = {
  name: 'NVIDIA H200',
  vramMib: 143_771,
  vramFreeMib: 143_000,
  fit: true,
  taken: false,
};

export function nodeOf(number: number, more: Partial<PlaceNode> = {}): PlaceNode {
  return {
    ...{ key: keyOf(number), name: `node-${number}`, labels: [], arch: 'amd64' },
    ...{ heard: 'alive', heardAgoMs: 900, cloned: false, frozen: false, drained: false },
    ...{ peer: true, denied: null, taking: 'open', kinds: ['job', 'vm'], holds: false, room: ROOM },
    ...more,
  };
}

export const DEMAND: Demand = {
  ...{ kind: 'job', cpuMilli: 2_000, memMib: 8_192, diskMib: 1_024, gpu: null, arch: null },
  ...{ need: [], nodes: null, avoid: [], policy: null },
};

// Even, so that most nodes fit something: the edges have tests of their own.
const even = (max: number): fc.Arbitrary<number> => fc.noBias(fc.nat(max));
const figure = (max: number): fc.Arbitrary<number | null> =>
  fc.option(even(max), { nil: null, freq: 30 });

const cards: fc.Arbitrary<Card> = fc.record({
  name: fc.constantFrom('NVIDIA H200', 'NVIDIA L4'),
  vramMib: figure(200_000),
  vramFreeMib: figure(200_000),
  fit: fc.boolean(),
  taken: fc.nat(3).map((n) => n === 0),
});

const rooms: fc.Arbitrary<Room> = fc.record({
  ...{ cpuMilli: figure(16_000), cpuFreeMilli: figure(16_000) },
  ...{ memMib: figure(65_536), memFreeMib: figure(65_536) },
  ...{ diskMib: figure(1_000_000), diskFreeMib: figure(1_000_000) },
  ...{ cardCount: figure(4), cards: fc.array(cards, { maxLength: 4 }) },
});

/** Null three times in four. */
const seldom = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const labels = fc.subarray(['ssd', 'gpu', 'attic']);
const rarely = even(19).map((n) => n === 0);

const anyNode = fc.record({
  labels,
  arch: fc.constantFrom('amd64', 'amd64', 'arm64', null),
  heard: fc.constantFrom('here', 'alive', 'alive', 'alive', 'suspect', 'down', 'unheard'),
  heardAgoMs: figure(100_000),
  ...{ cloned: rarely, frozen: rarely, drained: rarely, peer: rarely.map((is) => !is) },
  denied: rarely.map((is) => (is ? ({ code: 'place-no-right', why: 'no right' } as const) : null)),
  taking: fc.constantFrom('open', 'open', 'open', 'open', 'draining', 'recovering', null),
  kinds: fc.constantFrom(['job', 'vm'], ['job', 'vm'], ['job']),
  holds: fc.boolean(),
  room: fc.option(rooms, { nil: null, freq: 20 }),
});

export const nodeLists: fc.Arbitrary<PlaceNode[]> = fc
  .array(anyNode, { maxLength: 24 })
  .map((list) => list.map((node, i) => ({ key: keyOf(i), name: `node-${i}`, ...node })));

const names = fc.nat(24).map((i) => (i % 2 === 0 ? `node-${i}` : keyOf(i)));

export const demands: fc.Arbitrary<Demand> = fc
  .record({
    kind: fc.constantFrom('job', 'job', 'vm'),
    ...{ cpuMilli: even(8_000), memMib: even(30_000), diskMib: even(300_000) },
    gpu: seldom(
      fc.record({
        count: fc.integer({ min: 1, max: 3 }),
        minVramMib: figure(100_000),
        vendor: fc.constantFrom(null, 'nvidia', 'amd'),
        model: fc.constantFrom(null, 'h200', 'L4'),
      }),
    ),
    arch: fc.constantFrom(null, null, null, 'amd64', 'arm64'),
    need: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, labels),
    nodes: seldom(fc.uniqueArray(names, { minLength: 1, maxLength: 12 })),
    avoid: fc.uniqueArray(names, { maxLength: 3 }),
    policy: fc.constantFrom(null, 'two', 'mostFree', 'pack', 'pin'),
  })
  .map((demand) => demand as Demand);
