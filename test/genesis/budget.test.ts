// The budget of guesses from the side of the attacker: over TCP, against the real `kith join`, with
// as many connections as it likes and from as many places, and whatever dies in between. What is
// counted is what it learns: how many tags were judged, and whether the right code still opens.

import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AdmitterDead, AdmitterNews } from '../../pairing/admitter-state.ts';
import { makeCode, readCode, showCode } from '../../pairing/code.ts';
import { ATTEMPTS_MAX } from '../../pairing/limits.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { runAdmitter } from '../../src/genesis/admitter.ts';
import { randomBytes } from '../../src/os/clock.ts';
import { isRunning } from '../../src/os/machine.ts';
import { scratch } from '../cli/ledgers.ts';
import { actor, signBytes } from '../kit/actors.ts';
import { type NewMachine, joining, processesOf, started } from './machines.ts';

const mallory = actor('mallory');
const SOME_ID = 'A'.repeat(43);

interface Guess {
  readonly dead: AdmitterDead;
  /** It came to the card of the new machine: the code was right. */
  readonly isRight: boolean;
}

/** One run of an admitter that has no business here; null where nobody takes its connection. */
async function guess(port: number, code: string, place: number): Promise<Guess | null> {
  const read = readCode(code);
  if (read.kind !== 'whole') throw new Error('no code');
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${place}` });
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  if (!isOpen) return null;
  let isRight = false;
  const dead = await runAdmitter(socket, {
    self: {
      ...{ key: mallory.key, name: 'mallory', welcome: { network: 'home' } },
      ...{ network: SOME_ID as RecordId, frontier: SOME_ID as Digest },
    },
    typed: { prs: read.prs, tags: 0 },
    random: randomBytes,
    answer: async (question) => {
      if (question.what === 'sign') {
        const signature = fromBase64url(signBytes(mallory, question.message)) as Uint8Array;
        return { kind: 'signed', signature };
      }
      isRight = true;
      return { kind: 'declined' };
    },
    tell: (_news: AdmitterNews) => undefined,
    signal: new AbortController().signal,
  });
  return { dead, isRight };
}

/** A code that is not this one, another for each number. */
function wrong(code: string, number: number): string {
  const made = showCode(makeCode(new Uint8Array(8).fill(number)));
  return made === code ? showCode(makeCode(new Uint8Array(8).fill(31 - number))) : made;
}

function judgedBy(machine: NewMachine): number {
  return machine.events().filter(({ event }) => event === 'tried').length;
}

function usedIn(folder: string): number {
  const file = join(folder, 'genesis.json');
  if (!existsSync(file)) return 0;
  return (JSON.parse(readFileSync(file, 'utf8')) as { used: number }).used;
}

/** Kills whatever runs in the folder, and waits until the system says that it has ended. */
async function killAllIn(folder: string): Promise<void> {
  const pids = processesOf(folder).map((line) => Number(line.split(' ')[0]));
  for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
  while (pids.some(isRunning)) await new Promise((wait) => setTimeout(wait, 20));
}

describe.concurrent('an attacker with the whole budget', () => {
  test('has three guesses one by one, and then the right code opens nothing', async () => {
    const machine = await joining(join(scratch('budget'), 'one'));
    // On a slow machine a run may be given up before its tag: that was no guess.
    for (let i = 1; usedIn(machine.folder) < ATTEMPTS_MAX; i++) {
      const { dead, isRight } = (await guess(machine.port, wrong(machine.code, i), i)) as Guess;
      expect([isRight, dead.at]).toEqual([false, 'failed']);
    }
    await machine.event('burnt');
    // The listener goes with the process of the ceremony, a moment after its word.
    for (let i = 0; i < 5; i++) {
      const late = await guess(machine.port, machine.code, 20 + i);
      expect(late?.isRight ?? false).toBe(false);
    }
    expect([judgedBy(machine), usedIn(machine.folder)]).toEqual([ATTEMPTS_MAX, ATTEMPTS_MAX]);
  });

  test('has no more with many connections at once, the right code among the later ones', async () => {
    const machine = await joining(join(scratch('budget'), 'many'));
    const first = Array.from({ length: 12 }, (_, i) =>
      guess(machine.port, wrong(machine.code, i + 1), i + 1),
    );
    const guesses = await Promise.all(first);
    for (let i = 13; usedIn(machine.folder) < ATTEMPTS_MAX; i++) {
      guesses.push(await guess(machine.port, wrong(machine.code, i), i));
    }
    await machine.event('burnt');
    guesses.push(await guess(machine.port, machine.code, 99));
    expect(guesses.filter((one) => one?.isRight)).toEqual([]);
    expect([judgedBy(machine), usedIn(machine.folder)]).toEqual([ATTEMPTS_MAX, ATTEMPTS_MAX]);
  });

  test('wins none back where the new machine is killed in between: the count is on disk', async () => {
    const folder = join(scratch('budget'), 'killed');
    let judged = 0;
    for (let i = 1; i <= ATTEMPTS_MAX; i++) {
      const machine = await joining(folder);
      expect(machine.events()[0]).toMatchObject({ attempts: ATTEMPTS_MAX - (i - 1) });
      while (usedIn(folder) < i) await guess(machine.port, wrong(machine.code, i), i);
      await machine.event('tried');
      judged += judgedBy(machine);
      expect(usedIn(folder)).toBe(i);
      await killAllIn(folder);
      await machine.ended;
    }
    expect(judged).toBe(ATTEMPTS_MAX);
    // A restart shows no code, and opens no door, before a person presses a key.
    const after = started(['join', '--dir', folder, '--listen', '127.0.0.1:0', '--json']);
    await after.event('burnt');
    expect(after.events().filter(({ event }) => event === 'window')).toEqual([]);
    after.child.kill('SIGKILL');
  });
});
