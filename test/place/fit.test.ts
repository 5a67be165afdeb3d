// What a node lacks is told with the missing number; more room never makes it worse.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Demand, GpuDemand } from '../../place/demand.ts';
import { lacksOf } from '../../place/fit.ts';
import { fits } from '../../place/fits.ts';
import { type Lack, PLACE_REFUSALS } from '../../place/lacks.ts';
import type { PlaceNode, Room } from '../../place/node.ts';
import { CARD, DEMAND, ROOM, demands, keyOf, nodeLists, nodeOf } from './nodes.ts';

/** What it lacks, and the quick verdict is the same. */
function lacksFor(demand: Demand, node: PlaceNode): readonly Lack[] {
  const lacks = lacksOf(demand, node);
  expect(fits(demand, node)).toBe(lacks.length === 0);
  return lacks;
}

const whyOf = (demand: Partial<Demand>, node: Partial<PlaceNode>): string[] =>
  lacksFor({ ...DEMAND, ...demand }, nodeOf(1, node)).map(({ code, why }) => `${code}: ${why}`);

const inRoom = (room: Partial<Room>): Partial<PlaceNode> => ({ room: { ...ROOM, ...room } });
const GPU: GpuDemand = { count: 1, minVramMib: null, vendor: null, model: null };

describe('a node that fits', () => {
  test('lacks nothing, here or alive', () => {
    expect(whyOf({}, {})).toEqual([]);
    expect(whyOf({}, { heard: 'here', heardAgoMs: null })).toEqual([]);
  });

  test('promises what is left, to the MiB', () => {
    const [memMib, diskMib] = [8_192, 1_024];
    const exact = { memFreeMib: memMib, diskFreeMib: diskMib };
    expect(whyOf({ memMib, diskMib }, inRoom(exact))).toEqual([]);
    const less = { memFreeMib: exact.memFreeMib - 1, diskFreeMib: exact.diskFreeMib - 1 };
    expect(whyOf({ memMib, diskMib }, inRoom(less))).toEqual([
      'place-no-memory: needs 8 GiB of memory, 7.9 free',
      'place-no-disk: needs 1 GiB of disk, 0.9 free',
    ]);
  });
});

describe('a node lacks', () => {
  test.each<[string, Partial<Demand>, Partial<PlaceNode>]>([
    ['place-frozen: frozen: it wrote two records at one place', {}, { frozen: true }],
    ['place-cloned: two machines speak with its key', {}, { cloned: true }],
    ['place-drained: drained: no new work goes there', {}, { drained: true }],
    ['place-takes-none: takes no work', {}, { taking: null, room: null }],
    ['place-drained: drained: it takes no new work', {}, { taking: 'draining' }],
    [
      'place-not-ready: not ready: it looks for what ran before its start',
      {},
      { taking: 'recovering' },
    ],
    ['place-not-ready: not ready: its daemon is replaced', {}, { taking: 'frozen' }],
    ['place-no-driver: has nothing to run a vm with', { kind: 'vm' }, { kinds: ['job'] }],
    ['place-observer: an observer or a guest: it takes no work', {}, { peer: false }],
    ['place-unheard: nothing was heard of it', {}, { heard: 'unheard', room: null }],
    [
      'place-not-alive: not sure to be alive: silent for 41 s',
      {},
      { heard: 'suspect', heardAgoMs: 41_900 },
    ],
    ['place-not-alive: not alive: silent', {}, { heard: 'down', heardAgoMs: null, room: null }],
    ['place-no-right: none', {}, { denied: { code: 'place-no-right', why: 'none' } }],
    ['place-not-named: the spec names other nodes', { nodes: ['node-2', keyOf(3)] }, {}],
    ['place-avoided: the spec avoids it', { avoid: [keyOf(1)] }, {}],
    ['place-no-label: lacks the label ssd, tpm', { need: ['ssd', 'tpm', 'x'] }, { labels: ['x'] }],
    ['place-other-arch: needs arm64, it is amd64', { arch: 'arm64' }, {}],
    ['place-other-arch: needs arm64, it is of unknown kind', { arch: 'arm64' }, { arch: null }],
    ['place-unknown-room: has not said how much room it has', {}, { room: null }],
    ['place-unknown-room: does not know how many cores it has', {}, inRoom({ cpuMilli: null })],
    ['place-unknown-room: does not know how much memory is free', {}, inRoom({ memFreeMib: null })],
    ['place-unknown-room: does not know how much disk is free', {}, inRoom({ diskFreeMib: null })],
    ['place-no-cpu: needs 8.1 cores, has 8', { cpuMilli: 8_001 }, {}],
    ['place-no-cpu: needs 2 cores, has 1.5 left to promise', {}, inRoom({ cpuFreeMilli: 1_500 })],
    ['place-no-memory: needs 8 GiB of memory, 5.2 free', {}, inRoom({ memFreeMib: 5_388 })],
    [
      'place-no-memory: needs 600 MiB of memory, 88 free',
      { memMib: 600 },
      inRoom({ memFreeMib: 88 }),
    ],
    ['place-no-memory: needs 8 GiB of memory, 0 free', {}, inRoom({ memFreeMib: 0 })],
    [
      'place-unknown-room: does not know how many cards it has',
      { gpu: GPU },
      inRoom({ cardCount: null }),
    ],
    ['place-no-gpu: needs 1 GPU, has 0', { gpu: GPU }, {}],
    [
      'place-no-gpu: needs 1 amd GPU, has 0',
      { gpu: { ...GPU, vendor: 'amd' } },
      inRoom({ cardCount: 1, cards: [CARD] }),
    ],
    [
      'place-no-gpu: needs 2 nvidia l4 GPUs, has 0',
      { gpu: { ...GPU, count: 2, vendor: 'nvidia', model: 'l4' } },
      inRoom({ cardCount: 1, cards: [CARD] }),
    ],
    [
      'place-no-gpu: needs 1 GPU, has 0, and 1 that cannot be used',
      { gpu: GPU },
      inRoom({ cardCount: 1, cards: [{ ...CARD, fit: false }] }),
    ],
    [
      'place-no-gpu: needs 1 GPU, has 0, and 1 that other work has',
      { gpu: GPU },
      inRoom({ cardCount: 1, cards: [{ ...CARD, taken: true }] }),
    ],
    [
      'place-no-gpu: needs 1 GPU with 24 GiB free, has 15.6 GiB',
      { gpu: { ...GPU, minVramMib: 24_576 } },
      inRoom({ cardCount: 1, cards: [{ ...CARD, vramFreeMib: 16_000 }] }),
    ],
    [
      'place-no-gpu: needs 2 GPUs with 24 GiB free, has 0 MiB',
      { gpu: { ...GPU, count: 2, minVramMib: 24_576 } },
      inRoom({ cardCount: 2, cards: [CARD, { ...CARD, vramFreeMib: null }] }),
    ],
  ])('%s', (why, demand, node) => {
    expect(whyOf(demand, node)).toEqual([why]);
  });

  test('the number that is missing, for programs', () => {
    const [lack] = lacksOf(DEMAND, nodeOf(1, inRoom({ memFreeMib: 5_388 })));
    expect(lack).toMatchObject({ needs: 8_192, has: 5_388 });
  });

  test('everything that it lacks at once', () => {
    const node = { drained: true, ...inRoom({ cpuMilli: 1_000, memFreeMib: 0 }) };
    const codes = whyOf({}, node).map((line) => line.split(':')[0]);
    expect(codes).toEqual(['place-drained', 'place-no-cpu', 'place-no-memory']);
  });

  test('a card of the wished model, whatever its case', () => {
    const node = inRoom({ cardCount: 1, cards: [CARD] });
    expect(
      whyOf({ gpu: { ...GPU, model: 'h200', vendor: 'nvidia', minVramMib: 100_000 } }, node),
    ).toEqual([]);
  });
});

describe('any node and demand', () => {
  test('lack what the table knows, in words', () => {
    fc.assert(
      fc.property(demands, nodeLists, (demand, nodes) => {
        for (const { code, why } of nodes.flatMap((node) => lacksFor(demand, node))) {
          expect(Object.hasOwn(PLACE_REFUSALS, code)).toBe(true);
          expect(why).toMatch(/^\S.*[^.\s]$/);
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  test('more room never makes a node that fits unfit', () => {
    const more = fc.record({
      ...{ cpuMilli: fc.nat(9_000), memFreeMib: fc.nat(9_000), diskFreeMib: fc.nat(9_000) },
      ...{ memMib: fc.nat(9_000), diskMib: fc.nat(9_000), cpuFreeMilli: fc.nat(9_000) },
      ...{ vram: fc.nat(9_000), cards: fc.nat(2) },
    });
    let fitting = 0;
    fc.assert(
      fc.property(demands, nodeLists, more, (demand, nodes, add) => {
        for (const node of nodes) {
          if (node.room === null || lacksFor(demand, node).length > 0) continue;
          fitting += 1;
          expect(lacksFor(demand, { ...node, room: widened(node.room, add) })).toEqual([]);
        }
      }),
      { numRuns: 2_000, seed: 5 },
    );
    expect(fitting).toBeGreaterThan(200);
  });
});

type More = Readonly<Record<'vram' | 'cards', number>> & Partial<Record<keyof Room, number>>;

function widened(room: Room, { vram, cards: count, ...add }: More): Room {
  const figures = Object.fromEntries(
    Object.entries(add).map(([name, by]) => {
      const had = room[name as keyof Room] as number | null;
      return [name, had === null ? by : had + by];
    }),
  );
  const cards = room.cards.map((card) => ({
    ...card,
    vramFreeMib: (card.vramFreeMib ?? 0) + vram,
  }));
  const fresh = Array.from({ length: count }, () => CARD);
  const cardCount = room.cardCount === null ? null : room.cardCount + count;
  return { ...room, ...figures, cards: [...cards, ...fresh], cardCount };
}
