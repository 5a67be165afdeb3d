// The ceremony under an attacker's network, with crashes: whatever happens, the new machine
// believes only a record, no admission is written twice, and a retry finishes what was begun.

import { describe, expect, test } from 'vitest';
import { encodeFrame, decodeFrame } from '../../pairing/messages.ts';
import { SEALED_BYTES_MAX } from '../../pairing/limits.ts';
import { x25519 } from '@noble/curves/ed25519.js';
import { actor } from '../kit/actors.ts';
import { dice } from '../kit/history.ts';
import { advance, crash, fire, hand, isOver } from './network.ts';
import { codeShown, inWindow, pressKey, startNewcomer } from './new-machine.ts';
import { dial, guess } from './old-machine.ts';
import { type Meddle, type Roll, type World, bytesOf, newWorld } from './world.ts';

const HONEST: Meddle = (frame) => [frame];

function settled(world: World): void {
  let steps = 0;
  while (advance(world)) if (++steps > 5_000) throw new Error('it does not come to rest');
}

/** One try of an honest operator over a network that does nothing. */
function honestTry(world: World, who: number): void {
  const { newcomer } = world;
  if (newcomer.window === null) startNewcomer(world);
  const { at } = newcomer.window as { at: string };
  if (['expired', 'given-up', 'cancelled'].includes(at)) startNewcomer(world);
  if (newcomer.window?.at === 'burnt') pressKey(world);
  const code = codeShown(world);
  if (code === null) return;
  dial(world, world.admitters[who] as World['admitters'][number], code);
  settled(world);
}

test('over an honest network the first try ends with both sides in agreement', () => {
  const world = newWorld((below) => Math.min(1, below - 1), HONEST);
  startNewcomer(world);
  honestTry(world, 0);
  expect(world.newcomer.window?.at).toBe('joined');
  expect(world.admitters[0]?.run?.state.at).toBe('seen');
  expect(world.written).toHaveLength(1);
  expect(world.newcomer.disk.used).toBe(1);
});

/** Everything that an attacker on the path can do to a frame, chosen by the dice. */
function meddler(roll: Roll, outOf: number): Meddle {
  return (frame, way, link, world) => {
    if (roll(outOf) !== 0) return [frame];
    const queue = link.queues[way];
    switch (roll(9)) {
      case 0:
        return [];
      case 1:
        return [frame, frame];
      case 2: {
        // The one behind it overtakes it.
        const after = queue.shift();
        queue.unshift(frame);
        return after instanceof Uint8Array ? [after] : [];
      }
      case 3:
        hand(world, link, way === 'to admitter' ? 'to newcomer' : 'to admitter', frame);
        return [];
      case 4:
        return [frame, world.heard[roll(world.heard.length)] as Uint8Array];
      case 5:
        return [frame.subarray(0, roll(frame.length))];
      case 6: {
        const flipped = new Uint8Array(frame);
        const at = roll(frame.length);
        flipped[at] = (flipped[at] as number) ^ (1 << roll(8));
        return [flipped];
      }
      case 7: {
        // Crossing runs: it arrives at another run.
        const other = world.links[roll(world.links.length)];
        if (other !== undefined) hand(world, other, way, frame);
        return [frame];
      }
      default:
        return [swapped(frame, roll)];
    }
  };
}

/** The middle puts its own key, name, share or tag in the place of theirs. */
function swapped(bytes: Uint8Array, roll: Roll): Uint8Array {
  const frame = decodeFrame(bytes, SEALED_BYTES_MAX);
  const mallory = actor('mallory').key;
  switch (frame?.kind) {
    case 'hello': {
      const change = roll(3) === 0 ? { name: 'mallory' } : { key: mallory };
      const fresh = roll(2) === 0 ? { nonce: bytesOf(roll, 32) } : change;
      return encodeFrame({ kind: 'hello', hello: { ...frame.hello, ...fresh } });
    }
    case 'share': {
      const y = x25519.getPublicKey(bytesOf(roll, 32));
      return encodeFrame({ ...frame, y });
    }
    case 'tag':
      return encodeFrame({ kind: 'tag', tag: bytesOf(roll, 64) });
    default:
      return bytes;
  }
}

function history(seed: number, seen: Set<string>): World {
  const roll = dice(seed);
  const outOf = [4, 12, 40, 1_000_000][roll(4)] as number;
  const world = Object.assign(newWorld(roll, meddler(roll, outOf)), { declines: true });
  startNewcomer(world);
  const [alice, bob, mallory] = world.admitters as [
    World['admitters'][number],
    World['admitters'][number],
    World['admitters'][number],
  ];
  const crashes = roll(3) === 0;
  for (let turn = 0; turn < 150; turn++) {
    const what = roll(100);
    const { window } = world.newcomer;
    if (window === null || ['expired', 'given-up', 'cancelled'].includes(window.at)) {
      startNewcomer(world);
    } else if (window.at === 'burnt' && what < 50) pressKey(world);
    else if (what < 70) advance(world);
    else if (what < 72) fire(world);
    else if (what < 74 && crashes) {
      crash(world, [world.newcomer, alice, bob][roll(3)] as World['newcomer']);
    } else if (what < 78) dial(world, mallory, guess(roll));
    else if (what < 90) {
      const side = roll(3) === 0 ? bob : alice;
      const code = codeShown(world);
      if (code !== null && isOver(side.run?.state)) {
        dial(world, side, roll(6) === 0 ? guess(roll) : code);
      }
    } else for (let i = 0; i < 8; i++) advance(world);
  }
  for (const news of world.news) seen.add(news);
  finish(world);
  return world;
}

/** The attacker goes away, everything restarts, and people try again until it is done. */
function finish(world: World): void {
  const calm: World = Object.assign(world, { meddle: HONEST, declines: false });
  const wasJoined = calm.newcomer.window?.at === 'joined';
  settled(calm);
  for (let i = 0; i < 8 && calm.newcomer.window?.at !== 'joined'; i++) {
    for (const side of [calm.newcomer, ...calm.admitters]) crash(calm, side);
    for (const link of calm.links) link.queues['to admitter'].length = 0;
    startNewcomer(calm);
    honestTry(calm, i % 2);
  }
  expect(calm.newcomer.window?.at, `joined before: ${wasJoined}`).toBe('joined');
  expect(calm.newcomer.disk.joined).not.toBeNull();
}

describe('a crash after every single event', () => {
  const ends = new Set<string>();
  test.each(['newcomer', 'admitter'] as const)('of the %s: the next try finishes', (who) => {
    for (let events = 0; ; events++) {
      const world = newWorld((below) => Math.min(1, below - 1), HONEST);
      startNewcomer(world);
      const [alice] = world.admitters as [World['admitters'][number]];
      dial(world, alice, codeShown(world) as string);
      let done = 0;
      while (done < events && advance(world)) done++;
      if (done < events) break;
      const before = world.written.length;
      const side = who === 'newcomer' ? world.newcomer : alice;
      ends.add(`${who} ${before} ${world.newcomer.disk.pledges.length}`);
      crash(world, side);
      settled(world);
      // The other side has heard of it, and believes in nothing that is not there.
      if (who === 'newcomer') expect(isOver(alice.run?.state)).toBe(true);
      else expect(world.newcomer.window?.at).toMatch(/open|joined/);
      finish(world);
      expect(world.written).toHaveLength(1);
      expect(world.newcomer.disk.joined).toBe(world.written[0]?.line);
    }
  });
  test('the crashes fell before and after the pledge, and before and after the record', () => {
    for (const who of ['newcomer', 'admitter']) {
      for (const held of ['0 0', '0 1', '1 1']) expect(ends).toContain(`${who} ${held}`);
    }
  });
});

describe('random histories', () => {
  const seen = new Set<string>();
  const runs = Number(process.env['KITH_SIM_RUNS'] ?? 120);
  const first = Number(process.env['KITH_SIM_SEED'] ?? 1);
  test(`${runs} of them: every rule holds at every moment, and a retry finishes`, () => {
    for (let seed = first; seed < first + runs; seed++) {
      try {
        history(seed, seen);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
  test('they came to every end that there is', () => {
    if (runs < 100) return;
    for (const news of [
      'newcomer tried',
      'newcomer burnt',
      'newcomer expired',
      'run joined',
      'run unsure',
      'run failed',
      'alice seen',
      'alice unseen',
      'alice declined',
      'alice failed',
      'bob seen',
      'mallory failed',
    ]) {
      expect(seen).toContain(news);
    }
  });
  test('a run that does not exist any more is spoken to in vain', () => {
    const world = newWorld(dice(1), HONEST);
    startNewcomer(world);
    const before = world.newcomer.window;
    inWindow(world, { kind: 'run', run: 99, input: { kind: 'closed' } });
    expect(world.newcomer.window).toBe(before);
  });
});
