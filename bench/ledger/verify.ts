// Row: verify into an empty replica, beside the bare rate of signature checks of the machine.

import fs from 'node:fs';
import type { Bench, Row, RowResult } from './bench.ts';
import { type LedgerShape, ledgerFile } from './dataset.ts';
import { grouped } from './finding.ts';
import { bareVerify, bareVerifyThreads } from './floors.ts';
import { mustOpen, unopenedFolder } from './homes.ts';
import { emptyReplica, takeLines } from './intake.ts';
import { elapsedMs, paired, perSecond } from './measure.ts';

const SHAPE: LedgerShape = { records: 50_000, nodes: 100, bodyBytes: 200 };
/** Of one turn on one thread: three seconds. */
const SLICE = 20_000;

export const verifyRow: Row = {
  title: 'verify into an empty replica',
  run: async (bench: Bench): Promise<RowResult> => {
    const lines = fs.readFileSync(ledgerFile(bench, SHAPE).file, 'utf8').trimEnd().split('\n');
    const slice = lines.slice(0, SLICE);
    const floor = bareVerify(slice);
    const floorRate = async (): Promise<number> => perSecond(SLICE, await elapsedMs(floor));
    const one = await paired(bench.turns, () => oneThread(slice), floorRate);
    const two = await paired(bench.turns, () => twoThreads(bench), floorRate);
    const threads = await bareVerifyThreads(slice, 2);
    const both = async (): Promise<number> => perSecond(SLICE, await elapsedMs(threads.run));
    const bare = await paired(bench.turns, both, floorRate);
    await threads.close();
    const what = 'verify into an empty replica';
    const beside = 'bare `crypto.verify` on one thread';
    return {
      findings: [
        {
          row: 'verify',
          what: `${what}, one thread`,
          measured: { value: one.ours, unit: '/s' },
          beside: { value: one.floor, unit: '/s', what: beside },
          ratio: one.ratio,
          goal: { of: 'ratio', least: 0.8 },
          how:
            `${grouped(SLICE)} lines of 550 bytes by ${SHAPE.nodes} nodes, from text to folded ` +
            'state in memory: decode, door, every signature, fold. Beside it the same signatures ' +
            'alone, keys and messages prepared before.',
        },
        {
          row: 'verify',
          what: `${what}, two threads`,
          measured: { value: two.ours, unit: '/s' },
          beside: { value: two.floor, unit: '/s', what: beside },
          ratio: two.ratio,
          goal: { of: 'ratio', least: 1.6 },
          how:
            `The program opens a file of ${grouped(SHAPE.records)} such lines that it has never ` +
            'seen: reading, hashing, indexing and folding in one thread, the signatures in two ' +
            'more. A machine with two cores shares them among the three.',
        },
        {
          row: 'verify',
          what: 'bare `crypto.verify` on two threads',
          measured: { value: bare.ours, unit: '/s' },
          beside: { value: bare.floor, unit: '/s', what: beside },
          ratio: bare.ratio,
          how: 'What a second thread is worth on this machine at all, nothing else running.',
        },
      ],
    };
  },
};

async function oneThread(lines: readonly string[]): Promise<number> {
  const [genesis, ...rest] = lines as [string, ...string[]];
  return perSecond(lines.length, await elapsedMs(() => takeLines(emptyReplica(genesis), rest)));
}

/** Opening a file without a checkpoint is verifying it into an empty replica. */
async function twoThreads(bench: Bench): Promise<number> {
  const folder = unopenedFolder(bench, SHAPE);
  let records = 0;
  const ms = await elapsedMs(async () => {
    const home = await mustOpen(folder);
    records = home.replica.records;
    await home.close();
  });
  if (records !== SHAPE.records) throw new Error(`${records} records of ${SHAPE.records}`);
  return perSecond(records, ms);
}
