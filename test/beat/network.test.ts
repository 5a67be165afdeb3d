// Small networks under loss, delay, doubled packets, partitions, crashes, pauses and clock jumps:
// what must hold of any history, and how soon the truth is known.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Beat } from '../../beat/packet.ts';
import { viewOf } from '../../beat/view.ts';
import type { Key } from '../../proto/ids.ts';
import { type Sim, type SimNode, createSim } from '../kit/heartbeats.ts';

const SECOND = 1_000;
const CALM = { lossPercent: 0, doublePercent: 0, delayMsMax: 50 };
const ROUGH = { lossPercent: 20, doublePercent: 10, delayMsMax: 1_500 };

function networkOf(count: number, seed: number, roads = CALM): Sim {
  const sim = createSim(seed, roads);
  const nodes = Array.from({ length: count }, () => sim.addNode());
  sim.roster(nodes);
  for (const node of nodes) sim.start(node);
  return sim;
}

const stateOf = (at: SimNode, of: SimNode): string => viewOf(at.heart, of.key).state;

type Deed = 'crash' | 'start' | 'pause' | 'resume' | 'cut' | 'heal' | 'jump' | 'replay' | 'hearsay';
const deeds: fc.Arbitrary<readonly [Deed, number, number]> = fc.tuple(
  fc.constantFrom<Deed>(
    ...(['crash', 'start', 'pause', 'resume', 'cut', 'heal', 'jump', 'replay', 'hearsay'] as const),
  ),
  fc.nat({ max: 1_000 }),
  fc.nat({ max: 40 }),
);

interface Heard {
  readonly at: SimNode;
  readonly beat: Beat;
}
interface Ear {
  /** How long the listener had been awake when it last heard something new. */
  readonly awakeMs: number;
  readonly atMs: number;
}

/** What a listener can know: when something new last reached it from the member itself. */
function keepBooks(sim: Sim): { last(at: SimNode, of: SimNode): Ear | undefined; all: Heard[] } {
  const heard = new Map<string, Ear>();
  const newest = new Map<string, readonly [number, number]>();
  const all: Heard[] = [];
  const placeOf = (at: SimNode, of: Key): string => `${at.id} ${at.heart.instance} ${of}`;
  sim.onArrival((at, from, beat) => {
    all.push({ at, beat });
    const place = placeOf(at, from.key);
    // Also of before the listener's own restart: that is what it keeps on the disk.
    const mark = newest.get(`${at.id} ${from.key}`) ?? [0, 0];
    const { incarnation, sequence } = beat;
    const isNew = incarnation > mark[0] || (incarnation === mark[0] && sequence > mark[1]);
    if (!isNew) return;
    newest.set(`${at.id} ${from.key}`, [incarnation, sequence]);
    heard.set(place, {
      awakeMs: at.awakeMs + Math.min(sim.now() - at.didMs, 5_000),
      atMs: sim.now(),
    });
  });
  return { last: (at, of) => heard.get(placeOf(at, of.key)), all };
}

function perform(
  sim: Sim,
  all: readonly Heard[],
  [deed, which, other]: readonly [Deed, number, number],
): void {
  const { nodes } = sim;
  const node = nodes[which % nodes.length] as SimNode;
  const second = nodes[other % nodes.length] as SimNode;
  const old = all[(which * 41 + other) % Math.max(1, all.length)];
  switch (deed) {
    case 'crash':
      if (node.running && !node.paused) sim.crash(node);
      return;
    case 'start':
      if (!node.running) sim.start(node);
      return;
    case 'pause':
      if (node.running) sim.pause(node);
      return;
    case 'resume':
      if (node.running && node.paused) sim.resume(node);
      return;
    case 'cut':
      for (const one of nodes) one.side = (one.id + which) % 2;
      return;
    case 'heal':
      for (const one of nodes) one.side = 0;
      return;
    case 'jump':
      node.clockOffsetMs += (which - 500) * 86_400_000;
      return;
    case 'replay':
      // From its own address, long after: a late double of what was heard there.
      if (old !== undefined) sim.deliver(old.at, old.beat.subject, old.beat);
      return;
    case 'hearsay':
      if (old !== undefined && second.key !== old.beat.subject) {
        sim.deliver(node, second.key, old.beat);
      }
  }
}

describe('in any history', () => {
  test('a member is alive, suspect or down exactly as it was heard by these ears', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }),
        fc.nat(),
        fc.array(deeds, { minLength: 5, maxLength: 40 }),
        (count, seed, list) => {
          const sim = networkOf(count, seed, ROUGH);
          const books = keepBooks(sim);
          for (const deed of list) {
            perform(sim, books.all, deed);
            for (let i = 0; i <= deed[2] / 4; i++) {
              sim.run(4 * SECOND);
              for (const at of sim.nodes) {
                if (!at.running || at.paused) continue;
                for (const of of sim.nodes) if (of !== at) judge(sim, books.last(at, of), at, of);
              }
            }
          }
          // Nobody but its owner can send from an address: a replay from there is a clone's.
          if (list.some(([deed]) => deed === 'replay')) return;
          for (const { news } of sim.nodes) {
            expect(news.filter((one) => one.news.what === 'clone')).toEqual([]);
            expect(news.filter((one) => one.news.what === 'rival')).toEqual([]);
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  function judge(sim: Sim, last: Ear | undefined, at: SimNode, of: SimNode): void {
    const { state } = viewOf(at.heart, of.key);
    if (last === undefined) return expect(state).toBe('unheard');
    const awakeMs = at.awakeMs - last.awakeMs;
    if (state === 'down') expect(awakeMs).toBeGreaterThanOrEqual(62 * SECOND);
    else if (state === 'suspect') expect(awakeMs).toBeGreaterThanOrEqual(32 * SECOND);
    else expect(state).toBe('alive');
    // It is looked at once a second.
    if (awakeMs > 63 * SECOND) expect(state).toBe('down');
    else if (awakeMs > 33 * SECOND) expect(state).not.toBe('alive');
    const silentMs = sim.now() - last.atMs;
    if (silentMs <= 30 * SECOND) expect(state).toBe('alive');
  }
});

describe('with no packet lost', () => {
  test('a crash is suspected in 34 s and certain in 64 s, by everybody, and nobody else is', () => {
    for (const seed of [1, 2, 3]) {
      const sim = networkOf(6, seed);
      sim.run(60 * SECOND);
      const [gone, ...rest] = sim.nodes as [SimNode, ...SimNode[]];
      sim.crash(gone);
      sim.run(34 * SECOND);
      for (const node of rest) expect(stateOf(node, gone)).toBe('suspect');
      sim.run(30 * SECOND);
      for (const node of rest) {
        expect(stateOf(node, gone)).toBe('down');
        for (const other of rest) if (other !== node) expect(stateOf(node, other)).toBe('alive');
      }
      sim.start(gone);
      sim.run(11 * SECOND);
      for (const node of rest) expect(stateOf(node, gone)).toBe('alive');
    }
  });

  test('both halves of a cut network lose each other, and find each other when it heals', () => {
    const sim = networkOf(5, 7);
    sim.run(30 * SECOND);
    for (const node of sim.nodes) node.side = node.id < 2 ? 0 : 1;
    sim.run(64 * SECOND);
    for (const a of sim.nodes) {
      for (const b of sim.nodes) {
        if (a !== b) expect(stateOf(a, b)).toBe(a.side === b.side ? 'alive' : 'down');
      }
    }
    for (const node of sim.nodes) node.side = 0;
    sim.run(11 * SECOND);
    for (const a of sim.nodes) {
      for (const b of sim.nodes) if (a !== b) expect(stateOf(a, b)).toBe('alive');
    }
  });

  test('whoever slept for an hour accuses nobody when it wakes', () => {
    const sim = networkOf(4, 3);
    sim.run(30 * SECOND);
    const [sleeper, ...rest] = sim.nodes as [SimNode, ...SimNode[]];
    sim.pause(sleeper);
    sim.run(3_600 * SECOND);
    for (const node of rest) expect(stateOf(node, sleeper)).toBe('down');
    sleeper.missed.splice(0);
    sim.resume(sleeper);
    sim.run(12 * SECOND);
    for (const node of rest) expect(stateOf(sleeper, node)).toBe('alive');
    const told = sleeper.news.filter(({ atMs, news }) => atMs > 0 && news.what === 'liveness');
    for (const { news } of told) expect(news).toMatchObject({ to: 'alive' });
    for (const node of rest) expect(stateOf(node, sleeper)).toBe('alive');
  });

  test('a clock that jumps by years changes nobody’s liveness, and is shown', () => {
    const sim = networkOf(3, 5);
    sim.run(30 * SECOND);
    const [jumped, other] = sim.nodes as [SimNode, SimNode];
    jumped.clockOffsetMs = -56 * 365 * 86_400_000;
    sim.run(40 * SECOND);
    expect(stateOf(other, jumped)).toBe('alive');
    expect(stateOf(jumped, other)).toBe('alive');
    const { clockOffsetMs } = viewOf(other.heart, jumped.key);
    expect(Math.abs((clockOffsetMs ?? 0) - jumped.clockOffsetMs)).toBeLessThan(100);
  });
});

describe('a clone', () => {
  test.each(['a copy of the folder', 'an older backup', 'the running process'])(
    'of %s is found within a minute, by every seed, on rough roads',
    (what) => {
      for (let seed = 1; seed <= 20; seed++) {
        const sim = networkOf(4, seed, { ...ROUGH, lossPercent: 5 });
        const [first, ear] = sim.nodes as [SimNode, SimNode];
        sim.run(120 * SECOND);
        const twin = sim.addNode(first);
        if (what === 'an older backup') twin.incarnation = 0;
        if (what === 'the running process') sim.fork(first, twin);
        else sim.start(twin);
        sim.run(90 * SECOND);
        const isRival = [first, twin].some(({ news }) =>
          news.some((one) => one.news.what === 'rival'),
        );
        const { clone, usable } = viewOf(ear.heart, first.key);
        expect(clone || isRival, `seed ${seed}`).toBe(true);
        if (what === 'a copy of the folder') {
          expect(clone, `seed ${seed}`).toBe(true);
          expect(usable).toBe(false);
        }
      }
    },
    120_000,
  );
});
