// How long a host takes to answer a signed reservation, and how many it takes a second: the shell
// that is shipped with its real journal, many placers at once. Signatures are checked and made as a
// daemon does; what a run is started by is left out, and so is the way over TLS. Beside it a bare
// loop of one line and its sync, in turn with it.

import fs from 'node:fs';
import path from 'node:path';
import { keyPairOf, signOther } from '../../src/keys/keypair.ts';
import { hide } from '../../proto/secret.ts';
import type { Driver } from '../../src/work/driver.ts';
import { ownerPapers } from '../../src/work/papers.ts';
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
/** Signed before the first turn, and before each other twice what the last took: more than it needs
 *  would be the collector's to look at meanwhile. A turn ends with them. */
const SIGNED_FIRST = 1_000;

type Host = Awaited<ReturnType<typeof host>>;
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
  const bareMs: number[] = [];
  const bareRates: number[] = [];
  const made: Turn[] = [];
  try {
    // The first of each warms and does not count.
    let signed = SIGNED_FIRST;
    for (let turn = 0; turn <= turns; turn++) {
      const bare = bareLoop(folder);
      const one = await admissions(on, Array.from({ length: signed }, requests), placers);
      signed = 2 * one.tookMs.length;
      if (turn === 0) continue;
      bareMs.push(...bare);
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
  const bare = { value: percentile(bareMs, 99), unit: 'ms' as const };
  const perSecond = median(made.map((turn) => turn.perSecond));
  const rates = made.map((turn, i) => turn.perSecond / (bareRates[i] ?? Number.NaN));
  return [
    {
      ...{ row: 'answer', what: `answer to a reservation, ${placers} placers at once, p99` },
      measured: { value: percentile(took, 99), unit: 'ms' },
      beside: { ...bare, what: 'one bare line and its fdatasync, p99' },
      goal: { of: 'measured', most: ANSWER_MOST_MS },
      how,
    },
    {
      ...{ row: 'answer', what: 'the same, p50' },
      measured: { value: percentile(took, 50), unit: 'ms' },
      beside: { ...bare, value: percentile(bareMs, 50), what: 'one bare line, p50' },
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

async function admissions(
  on: Host,
  waiting: { reserve: SignedDocument; cancel: SignedDocument }[],
  placers: number,
): Promise<Turn> {
  const tookMs: number[] = [];
  const [cpu, beganMs] = [process.cpuUsage(), performance.now()];
  const ask = async (signed: SignedDocument): Promise<unknown> => {
    const answer = await on.hosting.ask(signed, attic.key);
    return (answer?.document as { say?: unknown } | undefined)?.say;
  };
  await Promise.all(
    Array.from({ length: placers }, async () => {
      while (performance.now() < beganMs + TURN_MS) {
        const next = waiting.pop();
        if (next === undefined) break;
        const { reserve, cancel } = next;
        const askedMs = performance.now();
        const said = await ask(reserve);
        tookMs.push(performance.now() - askedMs);
        if (said !== 'reserved' || (await ask(cancel)) !== 'done') throw new Error('refused');
      }
    }),
  );
  const [{ user, system }, lastedMs] = [process.cpuUsage(cpu), performance.now() - beganMs];
  const perSecond = (tookMs.length * 1_000) / lastedMs;
  return { tookMs, perSecond, cpuUs: (user + system) / tookMs.length };
}

/** Signed beforehand: the time of that is the placer's. */
function requestsOf(pen: Pen): () => { reserve: SignedDocument; cancel: SignedDocument } {
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
