// `npm run bench:place`: how fast a placer decides among ten thousand nodes, how fast a host
// answers with its journal synced, how many hosts are asked until one takes the work, and what a
// warm job and a machine cost beside their engines. Method: docs/benchmarks.md, "Placing".

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchInFolder } from '../in-folder.ts';
import type { Measured, Row } from '../rows.ts';
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

process.exitCode = await benchInFolder({ root: ROOT, bench: 'place', help: HELP, rowsIn });

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
