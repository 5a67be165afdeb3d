// `npm run bench:mesh`: what the mesh costs and how fast it is, row by row, each beside its goal
// and, where there is one, beside what bounds it. Method: docs/benchmarks.md, "The mesh".

import { fileURLToPath } from 'node:url';
import type { Finding } from '../ledger/finding.ts';
import { labMissing } from '../../test/lab/machine.ts';
import { changeFindings } from './change.ts';
import { healFindings } from './heal.ts';
import { idleFindings } from './idle.ts';
import { joinFindings } from './joins.ts';
import { HELP, readOptions } from './options.ts';
import { planFindings } from './plan.ts';
import { withoutMeasuring } from '../in-folder.ts';
import { type Row, measureRows } from '../rows.ts';
import { relayFindings } from './relay.ts';
import { startFindings } from './start.ts';
import { throughputFindings } from './throughput.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const ROWS: readonly Row[] = [
  inLab('lan', (isQuick) => joinFindings('lan', isQuick ? 2 : 12)),
  inLab('nat', (isQuick) => joinFindings('nat', isQuick ? 2 : 12)),
  inLab('heal', (isQuick) => healFindings(isQuick)),
  here('plan', (isQuick) => planFindings(1_000, isQuick ? 5 : 21)),
  here('change', (isQuick) => changeFindings(isQuick ? 5 : 31)),
  inLab('throughput', (isQuick) => throughputFindings(isQuick ? 2 : 9)),
  inLab('relay', (isQuick) => relayFindings(isQuick ? 2 : 9)),
  here('start', (isQuick) => startFindings(ROOT, isQuick ? 5 : 31)),
  inLab('idle', (isQuick) => idleFindings(isQuick)),
];

process.exit(await bench());

type Measure = (isQuick: boolean) => Finding[] | Promise<Finding[]>;

function here(name: string, measure: Measure): Row {
  return { name, measure: async (isQuick) => ({ findings: await measure(isQuick) }) };
}

/** It needs machines of the laboratory. */
function inLab(name: string, measure: Measure): Row {
  return { ...here(name, measure), missing: labMissing };
}

async function bench(): Promise<number> {
  const names = ROWS.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  const done = withoutMeasuring(options, { root: ROOT, bench: 'mesh', help: HELP });
  if (done !== null || typeof options === 'string') return done ?? 2;
  const { only, quick } = options;
  return measureRows(ROOT, 'mesh', ROWS, { only, quick, keep: !quick });
}
