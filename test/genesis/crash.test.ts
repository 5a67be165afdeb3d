// Either side killed at every step of a ceremony, and the command run again: the same admission is
// finished, nothing is written twice, and both hold the same.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kith } from '../cli/ledgers.ts';
import {
  type Direction,
  type NewMachine,
  type Process,
  admitting,
  ceremonyOf,
  founded,
  joining,
  processesOf,
  relayTo,
  truthIn,
} from './machines.ts';

type Victim = 'new machine' | 'admitter';

/** Runs a ceremony and kills one side as that message is about to reach the other end. */
async function killedAt(
  attic: string,
  folder: string,
  victim: Victim,
  at: readonly [Direction, number],
): Promise<{ readonly machine: NewMachine; readonly admit: Process }> {
  const machine = await joining(folder, '--name', victim.replace(' ', '-'));
  const pids: { [who in Victim]?: number } = { 'new machine': await ceremonyOf(machine) };
  const relay = await relayTo(machine.port, (direction, number) => {
    if (direction !== at[0] || number !== at[1]) return true;
    process.kill(pids[victim] as number, 'SIGKILL');
    return false;
  });
  const admit = admitting(attic, relay.port, machine.code);
  pids.admitter = await ceremonyOf(admit);
  const dead = victim === 'admitter' ? admit : machine;
  expect(JSON.parse((await dead.ended).out.trimEnd().split('\n').at(-1) as string)).toMatchObject({
    error: { code: 'ceremony-died' },
  });
  relay.close();
  return { machine, admit };
}

// What is about to arrive when the side named is killed.
const STEPS: readonly (readonly [Victim, Direction, number, string])[] = [
  ['new machine', 'to newcomer', 3, 'the tag'],
  ['new machine', 'to newcomer', 5, 'the proposal'],
  ['new machine', 'to newcomer', 6, 'the record'],
  ['new machine', 'to newcomer', 7, 'the ledger'],
  ['new machine', 'to admitter', 7, 'the word that it is in'],
  ['admitter', 'to admitter', 5, 'the acceptance'],
  ['admitter', 'to newcomer', 6, 'the record'],
  ['admitter', 'to admitter', 6, 'the first question for the ledger'],
  ['admitter', 'to admitter', 7, 'the word that the other is in'],
];

/** What the first run has come to, and what it takes to finish it. */
async function finish(attic: string, folder: string, machine: NewMachine): Promise<void> {
  if (existsSync(join(folder, 'nodes.jsonl'))) {
    // It is in; at most it has not said so.
    await machine.ended;
    expect((await kith(['join', '--dir', folder, '--json'])).code).toBe(0);
    return;
  }
  const isUp = machine.child.exitCode === null && machine.child.signalCode === null;
  const again = isUp ? machine : await joining(folder);
  const retry = await admitting(attic, again.address, again.code).ended;
  expect([retry.code, retry.err]).toEqual([0, '']);
  expect((await again.ended).code).toBe(0);
}

describe.concurrent.each(STEPS)('the %s is killed', (victim, direction, number, what) => {
  test(`before ${what} arrives (${direction}): a retry finishes it`, async () => {
    const attic = await founded('crash');
    const folder = join(attic, '..', 'machine');
    const { machine, admit } = await killedAt(attic, folder, victim, [direction, number]);
    await admit.ended;
    await finish(attic, folder, machine);
    const [ours, theirs] = [await truthIn(attic), await truthIn(folder)];
    expect(theirs).toEqual(ours);
    const { key } = machine.events()[0] as { key: string };
    const its = theirs.admissions.filter((line) => line.includes(`"key":"${key}"`));
    expect(its).toHaveLength(1);
    expect(processesOf(folder)).toEqual([]);
  });
});
