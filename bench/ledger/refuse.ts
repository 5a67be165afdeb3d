// Row: refuse a late record of a removed author. It must cost the same however long the ledger is,
// and no signature check.

import { takeIn } from '../../src/home/intake.ts';
import type { HomeLedger } from '../../src/home/ledger.ts';
import type { Bench, Row, RowResult } from './bench.ts';
import { largeShape } from './dataset.ts';
import { type Finding, grouped } from './finding.ts';
import { mustOpen, openedFolder } from './homes.ts';
import { checkHere, decoded } from './intake.ts';
import { median } from './measure.ts';
import { type Author, type Network, resumed, updateBody, write } from './network.ts';

const NODES = 100;
const LATE_RECORDS = 500;
const WARM_UP = 100;
/** How much slower the largest may be than the smallest: memory far apart is slower to reach. */
const FLAT_MOST = 2;

interface Refusals {
  readonly records: number;
  /** From the text of the line to its refusal, the median. */
  readonly eachUs: number;
  readonly checks: number;
}

export const refuseRow: Row = {
  title: 'refuse a late record of a removed author',
  run: async (bench: Bench): Promise<RowResult> => {
    const sizes = [1_000, 100_000, 1_000_000].filter((records) => records <= bench.records);
    // Once beforehand, so that the first size does not pay for what every size has compiled.
    await refuseIn(bench, sizes[0] as number);
    const all: Refusals[] = [];
    for (const records of sizes) all.push(await refuseIn(bench, records));
    return { findings: findings(all) };
  },
};

async function refuseIn(bench: Bench, records: number): Promise<Refusals> {
  bench.say(`a ledger of ${grouped(records)} records`);
  const large = records === bench.records;
  const shape = large ? largeShape(records) : { records, nodes: NODES, bodyBytes: 200 };
  const home = await mustOpen(await openedFolder(bench, shape), bench.say);
  try {
    return await refuseLate(home, records, shape.nodes);
  } finally {
    await home.close();
  }
}

/** Removes a node and offers what it wrote afterwards, one record at a time, to the way in. */
async function refuseLate(home: HomeLedger, records: number, nodes: number): Promise<Refusals> {
  const { replica } = home;
  const network = resumed(replica.ledger, nodes, (key) => {
    const chain = replica.books.get(key)?.chain;
    return { seq: chain?.trunk ?? 0, head: chain?.trunkId ?? '' };
  });
  const removed = network.nodes[7] as Author;
  // Taken in but not stored: the folder stays as it is for other rows.
  const parts = { replica, check: checkHere, keep: async () => undefined };
  const { accepted } = await takeIn(parts, [decoded(removal(network, removed))]);
  if (accepted.length !== 1) throw new Error('the removal was not taken');
  const late: string[] = [];
  for (let i = 0; i < LATE_RECORDS + WARM_UP; i++) {
    late.push(write(network, removed, { kind: 'node.update', body: updateBody(i, 200) }));
  }
  let checks = 0;
  const counted: typeof checkHere = (jobs) => {
    checks += jobs.length;
    return checkHere(jobs);
  };
  const times: number[] = [];
  for (const line of late) {
    const start = performance.now();
    const { refused } = await takeIn({ ...parts, check: counted }, [decoded(line)]);
    times.push((performance.now() - start) * 1000);
    if (refused[0]?.code !== 'beyond-cut') throw new Error('a late record was not refused');
  }
  return { records, eachUs: median(times.slice(WARM_UP)), checks };
}

function removal(network: Network, { key, seq, head }: Author): string {
  const refs = head === '' ? [] : [head];
  return write(network, network.root, { kind: 'member.remove', body: { target: key, seq } }, refs);
}

function findings(all: readonly Refusals[]): Finding[] {
  const [smallest] = all;
  const largest = all.at(-1);
  if (smallest === undefined || largest === undefined) return [];
  const what = 'refuse a late record of a removed author';
  const how =
    `${LATE_RECORDS} linked, rightly signed records that a removed node wrote after its cut, each ` +
    'offered alone to the way in: from the text of the line to the refusal, the median.';
  return [
    ...all.slice(1).map(
      (one): Finding => ({
        row: 'refuse',
        what: `${what}, in ${grouped(one.records)} records`,
        measured: { value: one.eachUs, unit: 'us' },
        beside: {
          value: smallest.eachUs,
          unit: 'us',
          what: `in ${grouped(smallest.records)} records`,
        },
        ratio: one.eachUs / smallest.eachUs,
        goal: { of: 'ratio', most: FLAT_MOST },
        how,
      }),
    ),
    {
      row: 'refuse',
      what: `${what}: signatures checked`,
      measured: { value: all.reduce((sum, { checks }) => sum + checks, 0), unit: 'checks' },
      goal: { of: 'measured', most: 0 },
      how,
    },
  ];
}
