// How long a host takes to answer a signed reservation, and how many it takes a second: the shell
// that is shipped with its real journal. The answer is timed at the rate that is the goal, asked at
// times that nobody waits for; the rate by many placers at once, each as soon as it was answered:
// how long they wait is then the queue of all of them. Signatures are checked and made as a daemon
// does; what a run is started by is left out, and so is the way over TLS. Beside both a bare loop
// of one line and its sync, in turn with them.

import fs from 'node:fs';
import path from 'node:path';
import { keyPairOf, signOther } from '../../src/keys/keypair.ts';
import { hide } from '../../proto/secret.ts';
import type { Driver } from '../../src/work/driver.ts';
import { ownerPapers } from '../../src/work/papers.ts';
import { diceOf } from '../../place/dice.ts';
import { readSpec } from '../../work/spec.ts';
import type { Request, SignedDocument } from '../../work/documents.ts';
import { type Actor, seedOf } from '../../test/kit/actors.ts';
import { asking, attic, barn, host, network } from '../../test/kit/work-hosts.ts';
import { median, percentile } from '../ledger/measure.ts';
import type { Finding } from '../ledger/finding.ts';

const ANSWER_MOST_MS = 5;
const RATE_LEAST = 500;
/** As many bytes as a reservation takes in the journal. */
const LINE_BYTES = 1_024;
const BARE_MS = 400;
const TURN_MS = 2_000;
/** Of each turn at that rate: two seconds. */
const AT_RATE = 2 * RATE_LEAST;
const DICE_MAX = 2 ** 30;
/** Signed before the first turn, and before each other twice what the last took: more than it needs
 *  would be the collector's to look at meanwhile. A turn ends with them. */
const SIGNED_FIRST = 1_000;

type Host = Awaited<ReturnType<typeof host>>;
interface Pair {
  readonly reserve: SignedDocument;
  readonly cancel: SignedDocument;
}
type Pen = (message: Uint8Array) => ReturnType<typeof signOther>;

interface Turn {
  readonly tookMs: readonly number[];
  readonly perSecond: number;
  readonly cpuUs: number;
}

export async function admitFindings(
  folder: string,
  placers: number,
  turns: number,
): Promise<Finding[]> {
  const state = network().state();
  const on = await host(folder, DRIVER, () => state, { pen: penOf(barn) });
  await on.hosting.recovered;
  const requests = requestsOf(penOf(attic));
  const bareRates: number[] = [];
  const steadyMs: number[] = [];
  const bareSteadyMs: number[] = [];
  const made: Turn[] = [];
  try {
    // The first of each warms and does not count.
    let signed = SIGNED_FIRST;
    for (let turn = 0; turn <= turns; turn++) {
      const bare = bareLoop(folder);
      const one = await admissions(on, Array.from({ length: signed }, requests), placers);
      signed = 2 * one.tookMs.length;
      const pairs = Array.from({ length: AT_RATE }, requests);
      const bareSteady = await bareAtRate(folder, turn);
      const steady = await timesAtRate(turn, (at, answered) =>
        admitted(on, pairs[at] as Pair, answered),
      );
      if (turn === 0) continue;
      steadyMs.push(...steady);
      bareSteadyMs.push(...bareSteady);
      bareRates.push((bare.length * 1_000) / bare.reduce((sum, ms) => sum + ms, 0));
      made.push(one);
    }
  } finally {
    await on.hosting.close();
  }
  const took = made.flatMap(({ tookMs }) => tookMs);
  const how =
    `${took.length.toLocaleString('en-US')} reservations, each cancelled after it, by ${placers} ` +
    `placers at once in ${turns} turns, each after one of the bare loop; request checked, journal ` +
    'synced, answer signed.';
  const atRate =
    `${steadyMs.length.toLocaleString('en-US')} reservations, each cancelled after it, at random ` +
    `times, ${RATE_LEAST} a second in the mean, whatever has been answered; from the time it was ` +
    `due to the signed answer; ${turns} turns, in turn with the others.`;
  const bare = (share: number): NonNullable<Finding['beside']> => ({
    ...{ value: percentile(bareSteadyMs, share), unit: 'ms' },
    what: `bare lines and their fdatasyncs at the same times, p${share}`,
  });
  const perSecond = median(made.map((turn) => turn.perSecond));
  const rates = made.map((turn, i) => turn.perSecond / (bareRates[i] ?? Number.NaN));
  return [
    {
      ...{ row: 'answer', what: `answer to a reservation, ${RATE_LEAST} a second, p99` },
      measured: { value: percentile(steadyMs, 99), unit: 'ms' },
      beside: bare(99),
      goal: { of: 'measured', most: ANSWER_MOST_MS },
      how: atRate,
    },
    {
      ...{ row: 'answer', what: 'the same, p50' },
      measured: { value: percentile(steadyMs, 50), unit: 'ms' },
      beside: bare(50),
      how: atRate,
    },
    {
      ...{ row: 'answer', what: `the same as fast as ${placers} placers at once can ask, p99` },
      measured: { value: percentile(took, 99), unit: 'ms' },
      how,
    },
    {
      ...{ row: 'rate', what: 'admissions a second, each with a cancel' },
      measured: { value: perSecond, unit: '/s' },
      beside: { value: median(bareRates), unit: '/s', what: 'bare lines, each with its fdatasync' },
      ratio: median(rates),
      goal: { of: 'measured', least: RATE_LEAST },
      how,
    },
    {
      ...{ row: 'cost', what: 'processor time of an admission with its cancel' },
      measured: { value: median(made.map((turn) => turn.cpuUs)), unit: 'us' },
      how: `${how} Of all threads.`,
    },
  ];
}

const DRIVER: Driver = {
  ...{ kind: 'job', name: 'bubblewrap' },
  probe: async () => ({ usable: true, what: 'starts nothing', checkedAtMs: 0 }),
  estimate: ({ resources }) => ({ memMiB: resources.memMiB, diskMiB: resources.diskMiB }),
  prepare: () => Promise.reject(new Error('nothing is started here')),
  start: () => Promise.reject(new Error('nothing is started here')),
  recover: async () => [],
  destroy: async () => undefined,
  close: async () => undefined,
};

function penOf({ name }: Actor): Pen {
  const pair = keyPairOf(hide(seedOf(name)));
  return (message) => signOther(pair, message);
}

/** How long each line and its sync took. */
function bareLoop(folder: string): number[] {
  const file = path.join(folder, 'bare');
  const line = Buffer.alloc(LINE_BYTES, 'x');
  const took: number[] = [];
  const handle = fs.openSync(file, 'a');
  const endMs = performance.now() + BARE_MS;
  for (let beganMs = performance.now(); beganMs < endMs; ) {
    fs.writeSync(handle, line);
    fs.fdatasyncSync(handle);
    const nowMs = performance.now();
    took.push(nowMs - beganMs);
    beganMs = nowMs;
  }
  fs.closeSync(handle);
  fs.rmSync(file);
  return took;
}

async function saidTo(on: Host, signed: SignedDocument): Promise<unknown> {
  const answer = await on.hosting.ask(signed, attic.key);
  return (answer?.document as { say?: unknown } | undefined)?.say;
}

async function admissions(on: Host, waiting: Pair[], placers: number): Promise<Turn> {
  const tookMs: number[] = [];
  const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
  await Promise.all(
    Array.from({ length: placers }, async () => {
      while (performance.now() < beganMs + TURN_MS) {
        const next = waiting.pop();
        if (next === undefined) break;
        const askedMs = performance.now();
        await admitted(on, next, () => void tookMs.push(performance.now() - askedMs));
      }
    }),
  );
  const [{ user, system }, lastedMs] = [process.cpuUsage(cpu), performance.now() - beganMs];
  const perSecond = (tookMs.length * 1_000) / lastedMs;
  return { tookMs, perSecond, cpuUs: (user + system) / tookMs.length };
}

/**
 * How long each took from the time when it was due, so that a host that falls behind is not asked
 * less for it. `answered` is called when its answer is there; what comes after it is not counted.
 */
async function timesAtRate(
  seed: number,
  ask: (at: number, answered: () => void) => Promise<void>,
): Promise<number[]> {
  const roll = diceOf(seed);
  const tookMs: number[] = [];
  const underWay: Promise<void>[] = [];
  let dueMs = performance.now();
  for (let at = 0; at < AT_RATE; at++) {
    // Times between what is independent of each other (Poisson).
    dueMs += (-Math.log((roll(DICE_MAX) + 1) / DICE_MAX) * 1_000) / RATE_LEAST;
    while (performance.now() < dueMs) await new Promise((turn) => void setImmediate(turn));
    const itsMs = dueMs;
    underWay.push(ask(at, () => void tookMs.push(performance.now() - itsMs)));
  }
  await Promise.all(underWay);
  return tookMs;
}

async function admitted(on: Host, { reserve, cancel }: Pair, answered: () => void): Promise<void> {
  const said = await saidTo(on, reserve);
  answered();
  if (said !== 'reserved' || (await saidTo(on, cancel)) !== 'done') throw new Error('refused');
}

/**
 * What an admission with its cancel puts on the disk, at the same times and in groups as the
 * journal makes them: a line, and when it is synced another one.
 */
async function bareAtRate(folder: string, seed: number): Promise<number[]> {
  const file = path.join(folder, 'bare');
  const line = Buffer.alloc(LINE_BYTES, 'x');
  const handle = await fs.promises.open(file, 'a');
  let waiting: (() => void)[] = [];
  let draining: Promise<void> | null = null;
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      fs.writeSync(handle.fd, Buffer.concat(group.map(() => line)));
      await handle.datasync();
      for (const synced of group) synced();
    }
    draining = null;
  };
  const synced = (): Promise<void> =>
    new Promise((done) => {
      waiting.push(done);
      draining ??= drain();
    });
  const took = await timesAtRate(seed, async (_at, answered) => {
    await synced();
    answered();
    await synced();
  });
  await handle.close();
  fs.rmSync(file);
  return took;
}

/** Signed beforehand: the time of that is the placer's. */
function requestsOf(pen: Pen): () => Pair {
  const resources = { cpuMilli: 100, memMiB: 64, diskMiB: 0 };
  const papers = ownerPapers(pen);
  let count = 0;
  return () => {
    const id = `01JE2HZ6Q3M8Y5T0${String(count++).padStart(10, '0')}`;
    const read = readSpec({ id, name: 'work', job: { image: 'busybox' }, resources });
    if (!read.ok) throw new Error(read.detail);
    const sign = (say: Request['say']): SignedDocument => papers.sign(asking(read.value, { say }));
    return { reserve: sign('reserve'), cancel: sign('cancel') };
  };
}
