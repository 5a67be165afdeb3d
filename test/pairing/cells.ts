// Every state of every machine, reached by real runs: two honest machines are driven until one of
// them is there, so that a test can then do anything else to it.

import type { AdmitterState } from '../../pairing/admitter-state.ts';
import { TRANSITIONS } from '../../pairing/machine.ts';
import type { NewcomerState } from '../../pairing/newcomer-state.ts';
import { dice } from '../kit/history.ts';
import { advance, crash, fire } from './network.ts';
import { codeShown, inWindow, pressKey, startNewcomer } from './new-machine.ts';
import { dial, guess, inAdmitter } from './old-machine.ts';
import { type AdmitterSide, type Link, type World, newWorld, runIn } from './world.ts';

export interface Reached {
  readonly admitter: ReadonlyMap<string, AdmitterState>;
  readonly newcomer: ReadonlyMap<string, NewcomerState>;
}

/** A state of each name, from runs that were steered there. */
export function everyState(): Reached {
  const admitter = new Map<string, AdmitterState>();
  const newcomer = new Map<string, NewcomerState>();
  const look = (world: World): void => {
    for (const { run } of world.admitters) {
      if (run !== null && !admitter.has(run.state.at)) admitter.set(run.state.at, run.state);
    }
    for (const { id } of world.links) {
      const state = runIn(world.newcomer.window, id);
      if (state !== undefined && !newcomer.has(state.at)) newcomer.set(state.at, state);
    }
  };
  for (let seed = 0; seed < 150; seed++) walk(seed, look);
  return { admitter, newcomer };
}

function walk(seed: number, look: (world: World) => void): void {
  const roll = dice(seed);
  const world = newWorld(roll, (frame) => [frame]);
  startNewcomer(world);
  const [alice] = world.admitters as [AdmitterSide];
  dial(world, alice, seed % 5 === 4 ? guess(roll) : (codeShown(world) as string));
  look(world);
  const [link] = world.links as [Link];
  // Somewhere on the way the connection is lost on both ends.
  for (let i = 0, cut = seed >> 1; advance(world); i++) {
    look(world);
    if (i !== cut || seed % 2 === 0) continue;
    inAdmitter(world, alice, link, { kind: 'closed' });
    inWindow(world, { kind: 'run', run: link.id, input: { kind: 'closed' } });
    look(world);
  }
  if (world.newcomer.window?.at === 'burnt') pressKey(world);
  fire(world);
  crash(world, alice);
}

export const STATES: Readonly<Record<'admitter' | 'newcomer', readonly string[]>> = {
  admitter: Object.keys(TRANSITIONS.admitter),
  newcomer: Object.keys(TRANSITIONS.newcomer),
};
