// The window: who gets in, what a try costs, and when the code is over. The guess budget is counted
// by what the new machine looks at, whatever an attacker does.

import { describe, expect, test } from 'vitest';
import { ATTEMPTS_MAX, RUNS_MAX, TYPED_TAGS_MAX, WINDOW_MS } from '../../pairing/limits.ts';
import { encodeFrame } from '../../pairing/messages.ts';
import type { WindowInput, WindowState } from '../../pairing/window-state.ts';
import { stepWindow } from '../../pairing/window.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { dice } from '../kit/history.ts';
import { advance, crash } from './network.ts';
import { codeShown, inWindow, pressKey, startNewcomer } from './new-machine.ts';
import { dial, guess, redial } from './old-machine.ts';
import { type AdmitterSide, type Link, type World, bytesOf, newWorld } from './world.ts';

function opened(seed = 1): World {
  const world = newWorld(dice(seed), (frame) => [frame]);
  startNewcomer(world);
  return world;
}

function sides(world: World): [AdmitterSide, AdmitterSide, AdmitterSide] {
  return world.admitters as [AdmitterSide, AdmitterSide, AdmitterSide];
}

function settled(world: World): void {
  while (advance(world));
}

/** Goes on until something is so; a world that comes to rest before that fails the test. */
function until(world: World, isSo: () => boolean): void {
  while (!isSo()) expect(advance(world)).toBe(true);
}

function runs(world: World): readonly { id: number; source: string; state: { at: string } }[] {
  const { window } = world.newcomer;
  return window?.at === 'open' ? window.runs : [];
}

function connect(world: World, run: number, source: string): void {
  inWindow(world, { kind: 'connect', run, source, random: bytesOf(world.roll, 64) });
}

describe('the door', () => {
  test('cannot be held by idle connections: the one silent longest makes room', () => {
    const world = opened();
    for (let i = 0; i < 100; i++) connect(world, 1_000 + i, `10.9.${i}.1`);
    expect(runs(world).map(({ id }) => id)).toEqual([
      1092, 1093, 1094, 1095, 1096, 1097, 1098, 1099,
    ]);
    expect(runs(world)).toHaveLength(RUNS_MAX);
    dial(world, sides(world)[0], codeShown(world) as string);
    settled(world);
    expect(world.newcomer.window?.at).toBe('joined');
  });

  test('takes one connection of each source: the newer one', () => {
    const world = opened();
    for (let i = 0; i < 5; i++) connect(world, 1_000 + i, '10.9.9.9');
    expect(runs(world).map(({ id }) => id)).toEqual([1004]);
  });

  test('keeps a run that speaks before one that does not', () => {
    const world = opened();
    connect(world, 999, '10.8.8.8');
    for (let i = 0; i < 7; i++) connect(world, 1_000 + i, `10.9.9.${i}`);
    const [, , mallory] = sides(world);
    dial(world, mallory, guess(world.roll));
    const [{ id }] = world.links as [Link];
    expect(runs(world).map((run) => run.id)).not.toContain(999);
    until(world, () => runs(world).find((run) => run.id === id)?.state.at === 'claiming');
    for (let i = 0; i < 7; i++) connect(world, 2_000 + i, `10.7.7.${i}`);
    expect(runs(world).map((run) => run.id)).toContain(id);
  });

  test('is shut while a right tag has the slot, and open again when that run is lost', () => {
    const world = opened();
    const [alice, bob] = sides(world);
    dial(world, alice, codeShown(world) as string);
    until(world, () => world.newcomer.window?.at === 'held');
    dial(world, bob, codeShown(world) as string);
    for (let i = 0; i < 3; i++) advance(world);
    expect(world.newcomer.window?.at).toBe('held');
    crash(world, alice);
    settled(world);
    expect(world.newcomer.window?.at).toBe('open');
    expect(bob.run?.state).toMatchObject({ at: 'failed' });
    redial(world, bob);
    settled(world);
    expect(world.newcomer.window?.at).toBe('joined');
  });

  test('is told shut to everybody else at once when the slot is taken', () => {
    const world = opened();
    const [alice] = sides(world);
    connect(world, 999, '10.8.8.8');
    dial(world, alice, codeShown(world) as string);
    const { newcomer } = world;
    until(world, () => runs(world).some(({ state }) => state.at === 'counting'));
    const stored: WindowInput = { kind: 'run', run: 1, input: { kind: 'stored' } };
    const step = stepWindow(platform, newcomer.window as WindowState, stored);
    expect(step.state.at).toBe('held');
    expect(step.out).toContainEqual({ kind: 'close', run: 999 });
    const ended = { what: 'ended', at: 'failed', code: 'busy' };
    const tell = { what: 'run', source: '10.8.8.8', news: ended };
    expect(step.out).toContainEqual({ kind: 'tell', tell });
  });

  test('a run says nothing that could be tested before a right tag was counted', () => {
    const world = opened();
    const [, , mallory] = sides(world);
    dial(world, mallory, guess(world.roll));
    const kinds: number[] = [];
    while (advance(world)) {
      const [link] = world.links;
      for (const frame of link?.queues['to admitter'] ?? []) {
        if (frame !== 'closed') kinds.push((frame[0] as number) >> 3);
      }
    }
    // A hello (1), a share (2) and a failure (5): never a tag (3) or anything sealed (4).
    expect(new Set(kinds)).toEqual(new Set([1, 2, 5]));
  });
});

describe('the budget of guesses', () => {
  test('is three for one code, whatever an attacker does, and then the code is burnt', () => {
    const world = opened();
    const [, , mallory] = sides(world);
    for (let i = 0; i < 40; i++) {
      dial(world, mallory, guess(world.roll));
      if (i % 3 === 0) for (let j = 0; j < 12; j++) advance(world);
      else settled(world);
    }
    settled(world);
    expect(world.judged).toBe(ATTEMPTS_MAX);
    expect(world.newcomer.window?.at).toBe('burnt');
    expect(codeShown(world)).toBeNull();
    expect(world.news.filter((news) => news === 'newcomer tried')).toHaveLength(ATTEMPTS_MAX);
  });

  test('is not widened by tags that come at once over eight connections', () => {
    for (let seed = 0; seed < 10; seed++) {
      const world = opened(seed);
      const [alice, bob, mallory] = sides(world);
      // Eight runs, each led to the point where its tag is on the way.
      for (let i = 0; i < RUNS_MAX; i++) {
        const side: AdmitterSide = { ...([alice, bob, mallory][i % 3] as AdmitterSide), run: null };
        world.admitters.push(side);
        dial(world, side, guess(world.roll));
      }
      settled(world);
      expect(world.judgedMax).toBeLessThanOrEqual(ATTEMPTS_MAX);
      expect(world.newcomer.disk.used).toBeLessThanOrEqual(ATTEMPTS_MAX);
    }
  });

  test('is not renewed by a restart, only by a person', () => {
    const world = opened();
    const [, , mallory] = sides(world);
    for (let i = 0; i < 2; i++) {
      dial(world, mallory, guess(world.roll));
      settled(world);
    }
    crash(world, world.newcomer);
    startNewcomer(world);
    dial(world, mallory, guess(world.roll));
    settled(world);
    expect(world.newcomer.window?.at).toBe('burnt');
    crash(world, world.newcomer);
    startNewcomer(world);
    expect(world.newcomer.window?.at).toBe('burnt');
    pressKey(world);
    expect(world.newcomer.window?.at).toBe('open');
    settled(world);
    expect(world.newcomer.disk.used).toBe(0);
  });

  test('counts a tag whose sender hangs up before it was looked at', () => {
    const world = opened();
    const [, , mallory] = sides(world);
    for (let i = 0; i < ATTEMPTS_MAX; i++) {
      dial(world, mallory, guess(world.roll));
      const { id } = world.links.at(-1) as { id: number };
      const at = (): string | undefined => runs(world).find((run) => run.id === id)?.state.at;
      until(world, () => at() === 'counting');
      inWindow(world, { kind: 'run', run: id, input: { kind: 'closed' } });
      settled(world);
    }
    expect(world.judged).toBe(0);
    expect(world.newcomer.disk.used).toBe(ATTEMPTS_MAX);
    expect(world.newcomer.window?.at).toBe('burnt');
  });

  test('a malformed tag costs nothing, for it tells nothing', () => {
    const world = opened();
    connect(world, 999, '10.8.8.8');
    const bytes = encodeFrame({ kind: 'tag', tag: new Uint8Array(64) }).slice(0, -1);
    inWindow(world, { kind: 'run', run: 999, input: { kind: 'message', bytes } });
    settled(world);
    expect(world.newcomer.disk.used).toBe(0);
    expect(runs(world)).toEqual([]);
  });

  test('of one typed code goes to three false responders and no further', () => {
    const world = opened();
    const [alice] = sides(world);
    dial(world, alice, guess(world.roll));
    let tags = 0;
    for (let i = 0; i < 6; i++) {
      settled(world);
      tags = Math.max(tags, alice.typed?.tags ?? 0);
      // A new machine of the attacker's, each time with attempts of its own.
      pressKey(world);
      redial(world, alice);
    }
    settled(world);
    expect(tags).toBe(TYPED_TAGS_MAX);
    expect(alice.run?.state).toMatchObject({ at: 'failed', code: 'spent' });
  });
});

describe('time', () => {
  function at(world: World): WindowState {
    return world.newcomer.window as WindowState;
  }
  function expire(world: World): void {
    const window = at(world);
    if ('gen' in window) inWindow(world, { kind: 'timer', gen: window.gen });
  }

  test('is ten minutes from the code on, and from each new one', () => {
    const world = opened();
    expect(WINDOW_MS).toBe(600_000);
    const before = at(world) as Extract<WindowState, { at: 'open' }>;
    const input: WindowInput = { kind: 'renew', random: bytesOf(world.roll, 8) };
    const { out } = stepWindow(platform, before, input);
    const gen = before.gen + 1;
    expect(out).toContainEqual({
      kind: 'arm',
      run: null,
      timer: 'expire',
      gen,
      afterMs: WINDOW_MS,
    });
    pressKey(world);
    inWindow(world, { kind: 'timer', gen: before.gen });
    expect(at(world).at).toBe('open');
    expire(world);
    expect(at(world).at).toBe('expired');
  });

  test('ends a burnt window as given up', () => {
    const world = opened();
    crash(world, world.newcomer);
    world.newcomer.disk.used = ATTEMPTS_MAX;
    startNewcomer(world);
    expire(world);
    expect(at(world).at).toBe('given-up');
  });

  test('ends a run in which the operator still reads', () => {
    const world = opened();
    const [alice] = sides(world);
    dial(world, alice, codeShown(world) as string);
    until(world, () => at(world).at === 'held');
    expire(world);
    expect(at(world).at).toBe('expired');
    settled(world);
    expect(alice.run?.state).toMatchObject({ at: 'failed' });
    expect(world.written).toHaveLength(0);
  });

  test('lets a run come to its end once the acceptance is out', () => {
    const world = opened();
    dial(world, sides(world)[0], codeShown(world) as string);
    const holder = (): string => {
      const window = at(world);
      return 'holder' in window ? window.holder.state.at : '';
    };
    until(world, () => holder() === 'promised');
    expire(world);
    expect(at(world).at).toBe('closing');
    settled(world);
    expect(at(world).at).toBe('joined');
  });

  test('that has run out during a lost run is out all the same', () => {
    const world = opened();
    dial(world, sides(world)[0], codeShown(world) as string);
    const holder = (): string => {
      const window = at(world);
      return 'holder' in window ? window.holder.state.at : '';
    };
    until(world, () => holder() === 'promised');
    expire(world);
    inWindow(world, { kind: 'run', run: 1, input: { kind: 'closed' } });
    expect(at(world).at).toBe('expired');
  });
});

describe('people', () => {
  test('are not interrupted by a key press while somebody reads the card', () => {
    const world = opened();
    dial(world, sides(world)[0], codeShown(world) as string);
    until(world, () => world.newcomer.window?.at === 'held');
    const before = world.newcomer.window;
    pressKey(world);
    expect(world.newcomer.window).toBe(before);
  });

  test('may give up at any time, and hear of a record that another member had', () => {
    const world = opened();
    inWindow(world, { kind: 'cancel' });
    expect(world.newcomer.window?.at).toBe('cancelled');
    const other = opened();
    inWindow(other, { kind: 'found' });
    expect(other.newcomer.window?.at).toBe('joined');
    connect(other, 5, '10.1.1.1');
    expect(other.newcomer.window?.at).toBe('joined');
  });

  test('who pledged to one network are not taken into another before that is settled', () => {
    const world = opened();
    dial(world, sides(world)[0], codeShown(world) as string);
    const { newcomer } = world;
    until(world, () => newcomer.disk.pledges.length > 0);
    crash(world, newcomer);
    const [pledge] = newcomer.disk.pledges;
    Object.assign(pledge as object, { network: 'B'.repeat(42) + 'A' });
    startNewcomer(world);
    dial(world, sides(world)[1], codeShown(world) as string);
    settled(world);
    expect(world.written.length).toBeLessThanOrEqual(1);
    expect(newcomer.window?.at).toBe('open');
    expect(newcomer.disk.used).toBe(1);
  });
});
