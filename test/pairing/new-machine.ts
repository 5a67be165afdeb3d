// The shell of the new machine in a world (world.ts): its console, its disk, its ledger.

import { expect } from 'vitest';
import type { NodeAdmitBody } from '../../ledger/kinds.ts';
import { acceptanceMessage } from '../../ledger/proof.ts';
import { decodeText } from '../../ledger/record.ts';
import { memberOf } from '../../ledger/replica.ts';
import { CODE_RANDOM_BYTES, showCode } from '../../pairing/code.ts';
import { ATTEMPTS_MAX } from '../../pairing/limits.ts';
import type { NewcomerInput, NewcomerQuestion } from '../../pairing/newcomer-state.ts';
import type { WindowInput, WindowOut, WindowState } from '../../pairing/window-state.ts';
import { openWindow, stepWindow } from '../../pairing/window.ts';
import { fromBase64url, textOf } from '../../proto/bytes.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Actor, settle, signBytes, wireguardClaim } from '../kit/actors.ts';
import { type World, DOOR, bytesOf, later, runIn, transmit } from './world.ts';

/** What a person at the new machine does: starts it, from whatever its disk holds. */
export function startNewcomer(world: World): void {
  const { newcomer, roll } = world;
  const { used, pledges } = newcomer.disk;
  const hardware = {
    model: 'm',
    system: 's',
    cpu: 'c',
    cores: 4,
    memoryMib: 1,
    diskMib: 1,
    gpus: [],
  };
  const step = openWindow(
    {
      key: newcomer.who.key,
      name: 'attic',
      introduction: { role: 'peer', labels: ['x'], endpoints: ['10.0.0.1:7000'], hardware },
      used,
      pledges: pledges.map(({ admitter, ceremony }) => ({ admitter, ceremony })),
      network: pledges[0]?.network ?? null,
    },
    bytesOf(roll, CODE_RANDOM_BYTES),
  );
  newcomer.window = step.state;
  newcomer.taken = [];
  // The budget on disk goes on counting: a restart is no new one.
  perform(world, step.out);
}

export function pressKey(world: World): void {
  inWindow(world, { kind: 'renew', random: bytesOf(world.roll, CODE_RANDOM_BYTES) });
}

/** The code as somebody reads it off the console, if one is shown. */
export function codeShown(world: World): string | null {
  const { window } = world.newcomer;
  return window !== null && 'prs' in window ? showCode(window.prs) : null;
}

export function inWindow(world: World, input: WindowInput): void {
  const { newcomer } = world;
  if (newcomer.window === null) return;
  const before = newcomer.window;
  const step = stepWindow(platform, before, input);
  newcomer.window = step.state;
  if (input.kind === 'renew' && step.state !== before) world.judged = 0;
  if (input.kind === 'run') countJudged(world, before, input.run, input.input);
  perform(world, step.out);
}

function countJudged(world: World, before: WindowState, id: number, input: NewcomerInput): void {
  const run = runIn(before, id);
  if (run?.at !== 'counting' || input.kind !== 'stored') return;
  world.judged++;
  world.judgedMax = Math.max(world.judgedMax, world.judged);
  // Counted first, and on disk.
  expect(world.newcomer.disk.used).toBeGreaterThanOrEqual(world.judged);
  expect(world.judged).toBeLessThanOrEqual(ATTEMPTS_MAX);
}

function perform(world: World, out: readonly WindowOut[]): void {
  const { newcomer } = world;
  const { disk } = newcomer;
  for (const one of out) {
    switch (one.kind) {
      case 'send': {
        const { window } = newcomer;
        const state = runIn(window, one.run);
        // Nothing durable is missing when an acceptance, or anything after it, leaves.
        if (state !== undefined && 'channel' in state && state.at === 'promised') {
          const { ceremony } = state.channel;
          const pledge = disk.pledges.find((its) => its.ceremony === ceremony);
          // Whoever has promised knows whom to ask for the record.
          expect(pledge?.members).toEqual([{ key: pledge?.admitter, endpoints: [DOOR] }]);
        }
        transmit(world, one.run, 'to admitter', one.frame);
        break;
      }
      case 'close':
        transmit(world, one.run, 'to admitter', 'closed');
        break;
      case 'arm': {
        const { run, timer, gen } = one;
        const input: WindowInput =
          run === null || timer === 'expire'
            ? { kind: 'timer', gen }
            : { kind: 'run', run, input: { kind: 'timer', timer, gen } };
        later(world, newcomer, () => inWindow(world, input), 'timers');
        break;
      }
      case 'store':
        later(
          world,
          newcomer,
          () => {
            if (one.what.kind === 'attempts') disk.used = one.what.used;
            else disk.pledges.push(one.what.pledge);
            if (one.run !== null) answer(world, one.run, { kind: 'stored' });
          },
          'stores',
        );
        break;
      case 'ask':
        later(world, newcomer, () => answer(world, one.run, replyOf(world, one.ask)));
        break;
      case 'tell':
        world.news.push(`newcomer ${one.tell.what}`);
        if (one.tell.what === 'run') {
          const { news } = one.tell;
          world.news.push(`run ${news.what === 'ended' ? news.at : news.what}`);
        }
        break;
    }
  }
}

function answer(world: World, run: number, input: NewcomerInput): void {
  later(world, world.newcomer, () => inWindow(world, { kind: 'run', run, input }));
}

function replyOf(world: World, ask: NewcomerQuestion): NewcomerInput {
  const { newcomer } = world;
  switch (ask.what) {
    case 'claim':
      return { kind: 'claimed', claim: wireguardClaim(newcomer.who, ask.network) };
    case 'sign':
      return { kind: 'signed', signature: signed(newcomer.who, ask.message) };
    case 'accept': {
      const body = JSON.parse(ask.body) as NodeAdmitBody;
      const message = acceptanceMessage(ask.network, ask.admitter, body);
      return { kind: 'accepted', signature: signed(newcomer.who, message) };
    }
    case 'take': {
      const lines = (textOf(ask.lines) as string).split('\n').filter((line) => line !== '');
      newcomer.taken.push(...lines);
      return { kind: 'taken' };
    }
    case 'verify': {
      const records = newcomer.taken.map((line) => {
        const decoded = decodeText(line, nodePlatform);
        if (!decoded.ok) throw new Error(decoded.detail);
        return decoded.value;
      });
      if (records[0]?.id !== ask.network || !newcomer.taken.includes(ask.record)) {
        return { kind: 'refused' };
      }
      const { replica } = settle(records);
      if (memberOf(replica, newcomer.who.key) === null) return { kind: 'refused' };
      newcomer.disk.joined = ask.record;
      return { kind: 'believed' };
    }
  }
}

export function signed(who: Actor, message: Uint8Array): Uint8Array {
  return fromBase64url(signBytes(who, message)) as Uint8Array;
}
