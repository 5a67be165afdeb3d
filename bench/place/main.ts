// `npm run bench:place`: how fast a placer decides among ten thousand nodes, how fast a host
// answers with its journal synced, how many hosts are asked until one takes the work, and what a
// warm job and a machine cost beside their engines. Method: docs/benchmarks.md, "Placing".

import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMON, optionsIn } from '../options.ts';
import { type Measured, type Row, measureRows, writePage } from '../rows.ts';
import { admitFindings } from './admit.ts';
import { attemptsMeasured } from './curves.ts';
import { decideFindings } from './decide.ts';
import { jobFindings } from './job.ts';
import { vmFindings } from './vm.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const NODES = 10_000;
const PLACERS = 8;

const HELP = `npm run bench:place -- [options]

  --write      keeps each row in bench/results/place.json as soon as it is measured, draws
               docs/placement.svg, and writes the block of docs/benchmarks.md
  --only ROW   one row (may be repeated): decide, admit, attempts, job, vm
  --quick      few turns: prints, and keeps nothing
  --dir DIR    where the journal is written
  --page       measures nothing: writes the page anew from the results that are kept
`;

const EXTRA = {
  write: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
  dir: { type: 'string', default: 'bench/data' },
} as const;

process.exitCode = await bench();

async function bench(): Promise<number> {
  const names = rowsIn('', false).map(({ name }) => name);
  const options = optionsIn(process.argv.slice(2), { ...COMMON, ...EXTRA }, names);
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.page) {
    writePage(ROOT, 'place');
    return 0;
  }
  const { only, quick, dir } = options;
  const keep = options.write && !quick;
  fs.mkdirSync(join(ROOT, dir), { recursive: true });
  const folder = fs.mkdtempSync(join(ROOT, dir, 'place-'));
  try {
    return await measureRows(ROOT, 'place', rowsIn(folder, keep), { only, quick, keep });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function rowsIn(folder: string, keep: boolean): readonly Row[] {
  const svg = keep ? join(ROOT, 'docs/placement.svg') : null;
  return [
    row('decide', (isQuick) => ({ findings: decideFindings(NODES, isQuick ? 50 : 500) })),
    row('admit', async (isQuick) => ({
      findings: await admitFindings(folder, PLACERS, isQuick ? 2 : 10),
    })),
    row('attempts', (isQuick) => attemptsMeasured(isQuick ? 120 : 900, svg)),
    row('job', async (isQuick) => ({ findings: await jobFindings(isQuick ? 5 : 20) })),
    row('vm', async (isQuick) => ({ findings: await vmFindings(isQuick ? 3 : 10) })),
  ];
}

function row(name: string, measure: (isQuick: boolean) => Measured | Promise<Measured>): Row {
  return { name, measure };
}
