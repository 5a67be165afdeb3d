// Row: open a large ledger, with a checkpoint beside reading and hashing its file, without one
// beside what its signatures cost at least; and the memory of the process that holds it.

import { availableParallelism } from 'node:os';
import { pathsIn } from '../../src/store/opening.ts';
import type { Bench, BenchShape, Row, RowResult } from './bench.ts';
import { largeShape } from './dataset.ts';
import { type Finding, grouped } from './finding.ts';
import { bareVerify, readAndHash } from './floors.ts';
import { mustOpen, unopenedFolder } from './homes.ts';
import { elapsedMs, median } from './measure.ts';
import { type Memory, memoryNow } from './memory.ts';
import { networkLines } from './network.ts';
import { inFreshProcess } from './processes.ts';

const MEMORY_MB_MAX = 400;
const SAMPLE = 10_000;

interface OpenedOnce {
  readonly openMs: number;
  readonly floorMs: number;
  readonly memory: Memory;
  readonly records: number;
}

export const openRow: Row = {
  title: 'open a large ledger, and hold it',
  run: async (bench: Bench): Promise<RowResult> => {
    const { say, ...shape } = bench;
    const cold = await once('open-unverified', shape, say);
    const warm: OpenedOnce[] = [];
    for (let turn = 0; turn < bench.turns; turn++) warm.push(await once('open', shape, say));
    return { findings: findings(bench, cold, warm) };
  },
};

async function once(
  name: string,
  bench: BenchShape,
  say: (line: string) => void,
): Promise<OpenedOnce> {
  const opened = (await inFreshProcess({ kind: 'probe', name, bench }, say)) as OpenedOnce;
  if (opened.records === bench.records) return opened;
  throw new Error(`${opened.records} records of ${bench.records}`);
}

/** Opens a folder that has its checkpoint, then reads its file as the floor does. */
export async function openProbe(bench: Bench): Promise<OpenedOnce> {
  const folder = `${bench.dir}/home-${bench.records}`;
  const start = performance.now();
  const home = await mustOpen(folder);
  const openMs = performance.now() - start;
  const { records } = home.replica;
  const memory = memoryNow();
  await home.close();
  const floorMs = await elapsedMs(() => readAndHash(pathsIn(folder).ledger));
  return { openMs, floorMs, memory, records };
}

/** Opens the file alone, and leaves a folder with its checkpoint. */
export async function openUnverifiedProbe(bench: Bench): Promise<OpenedOnce> {
  const folder = unopenedFolder(bench, largeShape(bench.records));
  const before = bareSignatureMs();
  const start = performance.now();
  const home = await mustOpen(folder, bench.say);
  const openMs = performance.now() - start;
  const { records } = home.replica;
  const memory = memoryNow();
  await home.close();
  const perRecord = (before + bareSignatureMs()) / 2;
  return { openMs, floorMs: perRecord * records, memory, records };
}

/** Milliseconds of one bare check on one thread, a record of ours having one. */
function bareSignatureMs(): number {
  const check = bareVerify([...networkLines(SAMPLE, 10, 200)]);
  const start = performance.now();
  check();
  return (performance.now() - start) / SAMPLE;
}

function findings(bench: Bench, cold: OpenedOnce, warm: readonly OpenedOnce[]): Finding[] {
  const threads = availableParallelism();
  const what = `${grouped(bench.records)} records`;
  const s = (ms: number): { value: number; unit: 's' } => ({ value: ms / 1000, unit: 's' });
  const openMs = median(warm.map((one) => one.openMs));
  const floorMs = median(warm.map((one) => one.floorMs));
  const memory = (name: string, value: number, how: string): Finding => ({
    row: 'open',
    what: `memory ${name} ${what}`,
    measured: { value, unit: 'MB' },
    goal: { of: 'measured', most: MEMORY_MB_MAX },
    how,
  });
  const most = (of: keyof Memory): number => median(warm.map((one) => one.memory[of]));
  return [
    {
      row: 'open',
      what: `open ${what} with a checkpoint`,
      measured: s(openMs),
      beside: { ...s(floorMs), what: 'to read and hash the file' },
      ratio: median(warm.map((one) => one.openMs / one.floorMs)),
      goal: { of: 'ratio', most: 3 },
      how: 'From nothing to a folded, checked replica, a fresh process each turn. The file is in the page cache for both.',
    },
    {
      row: 'open',
      what: `open ${what} without a checkpoint`,
      measured: s(cold.openMs),
      beside: {
        ...s(cold.floorMs / threads),
        what: `of bare signature checks on ${threads} cores`,
      },
      ratio: cold.openMs / (cold.floorMs / threads),
      how: 'Every signature is checked, the index is built and the state folded. Beside it records x the time of one bare check, measured before and after, divided by the cores.',
    },
    memory(
      'to hold open',
      most('residentMB'),
      'Resident after opening with a checkpoint in a fresh process and a collection; the median of the turns.',
    ),
    memory('at most while opening', most('peakMB'), 'The peak of the same processes up to then.'),
    memory(
      'at most while verifying',
      cold.memory.peakMB,
      'The peak of the process that opened the file without a checkpoint.',
    ),
  ];
}
