// What happens next in a world (world.ts): what arrives of what was sent, which disk answers, which
// process dies; and what must hold after every single event.

import { expect } from 'vitest';
import type { AdmitterInput, AdmitterState } from '../../pairing/admitter-state.ts';
import { admitterBytesMax } from '../../pairing/admitter.ts';
import { isDead } from '../../pairing/machine.ts';
import { type NewcomerInput, isPromised } from '../../pairing/newcomer-state.ts';
import { newcomerBytesMax } from '../../pairing/newcomer.ts';
import { inWindow } from './new-machine.ts';
import { inAdmitter } from './old-machine.ts';
import { type AdmitterSide, type Link, type Side, type Way, type World, runIn } from './world.ts';

export function crash(world: World, side: Side): void {
  side.process++;
  if (side === world.newcomer) world.newcomer.window = null;
  else (side as AdmitterSide).run = null;
  for (const link of world.links) {
    if (side === world.newcomer) link.queues['to admitter'].push('closed');
    else if (link.admitter === side) link.queues['to newcomer'].push('closed');
  }
}

/** Lets the next thing of one direction arrive. */
function arrive(world: World, link: Link, way: Way): void {
  const frame = link.queues[way].shift();
  if (frame === undefined) return;
  if (frame === 'closed') return hand(world, link, way, 'closed');
  world.heard.push(frame);
  for (const instead of world.meddle(frame, way, link, world)) hand(world, link, way, instead);
}

export function hand(world: World, link: Link, way: Way, frame: Uint8Array | 'closed'): void {
  const { newcomer } = world;
  if (way === 'to admitter') {
    const { admitter } = link;
    if (frame === 'closed') return inAdmitter(world, admitter, link, { kind: 'closed' });
    const max = admitter.run?.link === link ? admitterBytesMax(admitter.run.state) : 0;
    const input: AdmitterInput =
      frame.length > max ? { kind: 'end', code: 'malformed' } : { kind: 'message', bytes: frame };
    return inAdmitter(world, admitter, link, input);
  }
  if (frame === 'closed') {
    return inWindow(world, { kind: 'run', run: link.id, input: { kind: 'closed' } });
  }
  const state = runIn(newcomer.window, link.id);
  const max = state === undefined ? 0 : newcomerBytesMax(state);
  const input: NewcomerInput =
    frame.length > max ? { kind: 'end', code: 'malformed' } : { kind: 'message', bytes: frame };
  inWindow(world, { kind: 'run', run: link.id, input });
}

/** One event of those that could come next; false where nothing is left but timers. */
export function advance(world: World): boolean {
  world.tasks = world.tasks.filter((task) => task.process === task.side.process);
  const ways = world.links.flatMap((link) =>
    (['to newcomer', 'to admitter'] as const)
      .filter((way) => link.queues[way].length > 0)
      .map((way) => [link, way] as const),
  );
  world.stores = world.stores.filter((task) => task.process === task.side.process);
  const [store] = world.stores;
  const count = world.tasks.length + ways.length + (store === undefined ? 0 : 1);
  if (count === 0) return false;
  const pick = world.roll(count);
  const way = ways[pick - world.tasks.length];
  if (pick < world.tasks.length) world.tasks.splice(pick, 1)[0]?.act();
  else if (way !== undefined) arrive(world, ...way);
  else world.stores.shift()?.act();
  check(world);
  return true;
}

/** A timer that is armed goes off, however early: nobody promised how slow a machine is. */
export function fire(world: World): void {
  world.timers = world.timers.filter((task) => task.process === task.side.process);
  const { timers } = world;
  if (timers.length > 0) timers.splice(world.roll(timers.length), 1)[0]?.act();
  check(world);
}

/** What holds at every moment. */
function check(world: World): void {
  const { newcomer, written } = world;
  const { window, disk } = newcomer;
  if (window?.at === 'joined') {
    // It believes a record that it holds, and that somebody who may has written.
    expect(written.map(({ line }) => line)).toContain(disk.joined);
  }
  for (const side of world.admitters) {
    const own = written.filter(({ author }) => author === side.who.key);
    expect(own.length).toBeLessThanOrEqual(side.isHostile ? 0 : 1);
  }
  if (!world.isRace) expect(written.length).toBeLessThanOrEqual(1);
  if (window !== null && 'holder' in window && isPromised(window.holder.state)) {
    expect(disk.pledges.length).toBeGreaterThan(0);
  }
}

export function isOver(state: AdmitterState | undefined): boolean {
  return state === undefined || isDead('admitter', state.at);
}
