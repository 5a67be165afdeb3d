// The large network: who watches whom, and what three doubts do.

import { describe, expect, test } from 'vitest';
import { doubtersOf } from '../../beat/doubts.ts';
import { DOUBTERS_MIN, PASSED_ON, RING_MEMBERS_MIN, WATCHERS } from '../../beat/limits.ts';
import { isWatcher, ringOf, watchersOf } from '../../beat/ring.ts';
import { viewOf } from '../../beat/view.ts';
import type { Key } from '../../proto/ids.ts';
import { type Sim, type SimNode, createSim } from '../kit/heartbeats.ts';
import { keyNamed } from './beats.ts';

const SECOND = 1_000;
const MANY: Key[] = Array.from({ length: 400 }, (_, n) => keyNamed(n));

describe('the ring', () => {
  test('of a small network is everybody', () => {
    const few = MANY.slice(0, RING_MEMBERS_MIN - 1);
    const ring = ringOf(few);
    const [one, two] = few as [Key, Key];
    expect(watchersOf(ring, one)).toEqual(few.filter((key) => key !== one));
    expect(isWatcher(ring, one, two)).toBe(true);
    expect(isWatcher(ring, one, one)).toBe(false);
    expect(isWatcher(ring, one, keyNamed('stranger'))).toBe(false);
  });

  test('of a large one gives each member eight others, the same in any order of members', () => {
    const ring = ringOf(MANY);
    const other = ringOf(MANY.toReversed());
    for (const subject of MANY.slice(0, 50)) {
      const watchers = watchersOf(ring, subject);
      expect(new Set(watchers).size).toBe(WATCHERS);
      expect(watchers).not.toContain(subject);
      expect(watchersOf(other, subject)).toEqual(watchers);
      for (const member of MANY) {
        expect(isWatcher(ring, subject, member)).toBe(watchers.includes(member));
      }
    }
  });

  test('moves few watchers when a member goes, and spreads the load', () => {
    const ring = ringOf(MANY);
    const gone = MANY[17] as Key;
    const after = ringOf(MANY.filter((key) => key !== gone));
    const load = new Map<Key, number>();
    for (const subject of MANY) {
      const watchers = watchersOf(ring, subject);
      for (const watcher of watchers) load.set(watcher, (load.get(watcher) ?? 0) + 1);
      if (subject === gone) continue;
      const kept = watchersOf(after, subject).filter((key) => watchers.includes(key));
      expect(kept).toHaveLength(watchers.includes(gone) ? WATCHERS - 1 : WATCHERS);
    }
    expect(Math.max(...load.values())).toBeLessThan(3 * WATCHERS);
  });

  test('has fixed values: another program must find the same', () => {
    const names = new Map(MANY.map((key, n) => [key, n]));
    const ring = ringOf(MANY);
    expect(watchersOf(ring, keyNamed(0)).map((key) => names.get(key))).toMatchInlineSnapshot(`
      [
        311,
        41,
        284,
        259,
        371,
        64,
        358,
        220,
      ]
    `);
  });
});

describe('a large network', () => {
  const COUNT = 330;

  function largeNetwork(seed: number, lossPercent = 1): Sim {
    const sim = createSim(seed, { lossPercent, doublePercent: 1, delayMsMax: 80 });
    const nodes = Array.from({ length: COUNT }, () => sim.addNode());
    sim.roster(nodes);
    for (const node of nodes) sim.start(node);
    return sim;
  }

  test('knows of a crash by its watchers, takes the host out, and takes it back', () => {
    const sim = largeNetwork(1);
    sim.run(90 * SECOND);
    const [gone, ...rest] = sim.nodes as [SimNode, ...SimNode[]];
    const knowing = rest.filter(({ heart }) => viewOf(heart, gone.key).usable);
    expect(knowing.length).toBeGreaterThan(20);
    sim.crash(gone);
    // Relayed packets are forgotten by then, or there are doubts.
    sim.run(45 * SECOND);
    const watchers = rest.filter(({ heart }) => viewOf(heart, gone.key).expected);
    expect(watchers).toHaveLength(WATCHERS);
    for (const { heart } of watchers) expect(viewOf(heart, gone.key).state).toBe('suspect');
    for (const { heart } of rest) expect(viewOf(heart, gone.key).usable).toBe(false);
    const doubting = rest.filter(({ heart }) => doubtersOf(heart, gone.key).length >= DOUBTERS_MIN);
    expect(doubting.length).toBeGreaterThan(rest.length * 0.9);
    // Hearsay has made nobody down, and nobody else suspect.
    for (const { heart } of rest) {
      for (const { key, state } of heart.subjects.values()) {
        if (key !== gone.key) expect(['alive', 'unheard']).toContain(state);
      }
    }
    sim.start(gone);
    sim.run(25 * SECOND);
    for (const { heart } of watchers) expect(viewOf(heart, gone.key).state).toBe('alive');
    const still = rest.filter(({ heart }) => viewOf(heart, gone.key).doubters.length > 2);
    expect(still.length).toBeLessThan(rest.length * 0.3);
  }, 120_000);

  test('tells each node of some dozen hosts, and how much it sends does not grow', () => {
    const sim = largeNetwork(2);
    sim.run(60 * SECOND);
    for (const { heart, sentBytes } of sim.nodes) {
      const known = sim.nodes.filter(({ key }) => viewOf(heart, key).usable);
      expect(known.length).toBeGreaterThan(PASSED_ON);
      expect(sentBytes / 60).toBeLessThan(1_500);
    }
  }, 120_000);

  test('is asked for a fresh packet before work is given', () => {
    const sim = largeNetwork(3, 0);
    sim.run(30 * SECOND);
    const [placer, host] = sim.nodes as [SimNode, SimNode];
    expect(viewOf(placer.heart, host.key).expected).toBe(false);
    sim.ask(placer, host);
    sim.run(SECOND);
    expect(viewOf(placer.heart, host.key)).toMatchObject({ state: 'alive', firstHand: true });
    sim.run(60 * SECOND);
    expect(viewOf(placer.heart, host.key).state).toBe('unheard');
  }, 120_000);
});
