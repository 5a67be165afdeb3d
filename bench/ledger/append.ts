// Row: durable append of signed, verified records, beside a bare loop of write and fdatasync.

import fs from 'node:fs';
import { join } from 'node:path';
import { trustOwn, type Verified } from '../../ledger/verify.ts';
import { utf8 } from '../../proto/bytes.ts';
import { VERIFIER } from '../../src/home/ledger.ts';
import { openStore } from '../../src/store/file-store.ts';
import type { Bench, Row, RowResult } from './bench.ts';
import { grouped } from './finding.ts';
import { bareAppend } from './floors.ts';
import { newFolder } from './homes.ts';
import { decoded } from './intake.ts';
import { elapsedMs, type Pair, paired, perSecond } from './measure.ts';
import { networkLines } from './network.ts';

const ONE_BY_ONE = 5_000;
const IN_GROUPS = 60_000;
const GROUP = 100;

export const appendRow: Row = {
  title: 'durable append of signed, verified records',
  run: async (bench: Bench): Promise<RowResult> => {
    const records = [...networkLines(IN_GROUPS, 100, 200)].map((line) => trustOwn(decoded(line)));
    const single = await measure(bench, records.slice(0, ONE_BY_ONE), 1);
    const groups = await measure(bench, records, GROUP);
    const how = (count: number, each: string): string =>
      `${grouped(count)} records of 550 bytes into a new store, ${each} awaited before the ` +
      'next: one write, one fdatasync, the running hash and the index. Beside it a loop of ' +
      'write and fdatasync of the same bytes, in turn.';
    return {
      findings: [
        {
          row: 'append',
          what: 'durable append, one by one',
          measured: { value: single.ours, unit: '/s' },
          beside: { value: single.floor, unit: '/s', what: 'bare write + fdatasync' },
          ratio: single.ratio,
          goal: { of: 'ratio', least: 0.5 },
          how: how(ONE_BY_ONE, 'each'),
        },
        {
          row: 'append',
          what: `durable append, groups of ${GROUP}`,
          measured: { value: groups.ours, unit: '/s' },
          beside: { value: groups.floor, unit: '/s', what: 'bare write + fdatasync' },
          ratio: groups.ratio,
          goal: { of: 'measured', least: 60_000 },
          how: how(IN_GROUPS, `each ${GROUP}`),
        },
      ],
    };
  },
};

/** Records a second of the store and of the bare loop, `group` records to a write. */
async function measure(bench: Bench, records: readonly Verified[], group: number): Promise<Pair> {
  const groups: Verified[][] = [];
  for (let at = 0; at < records.length; at += group) groups.push(records.slice(at, at + group));
  const pieces = groups.map((one) => utf8(one.map(({ line }) => `${line}\n`).join('')));
  return paired(
    bench.turns,
    async () => perSecond(records.length, await storeMs(bench, groups)),
    async () => {
      const file = join(newFolder(bench, 'bare'), 'lines');
      const ms = await elapsedMs(() => bareAppend(file, pieces));
      fs.rmSync(file);
      return perSecond(records.length, ms);
    },
  );
}

async function storeMs(bench: Bench, groups: readonly Verified[][]): Promise<number> {
  const folder = newFolder(bench, 'store');
  const store = await openStore(folder, { ...VERIFIER, create: true });
  const nothing = { held: [], duplicates: [], refused: [] };
  await store.replay({ judge: async () => nothing, apply: () => [] });
  const ms = await elapsedMs(async () => {
    for (const group of groups) await store.append(group);
  });
  await store.close();
  fs.rmSync(folder, { recursive: true });
  return ms;
}
