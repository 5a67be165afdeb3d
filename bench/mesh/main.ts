// `npm run bench:mesh`: what the mesh costs and how fast it is, row by row, each beside its goal
// and, where there is one, beside what bounds it. Method: docs/benchmarks.md, "The mesh".

import { fileURLToPath } from 'node:url';
import { type Finding, isReached } from '../ledger/finding.ts';
import { thisMachine } from '../ledger/machine.ts';
import { labMissing } from '../../test/lab/machine.ts';
import { changeFindings } from './change.ts';
import { healFindings } from './heal.ts';
import { idleFindings } from './idle.ts';
import { joinFindings } from './joins.ts';
import { HELP, readOptions } from './options.ts';
import { planFindings } from './plan.ts';
import {
  type RowResults,
  keepResults,
  keptResults,
  resultsMarkdown,
  withRow,
  writePage,
} from './report.ts';
import { startFindings } from './start.ts';
import { throughputFindings } from './throughput.ts';

interface Row {
  readonly name: string;
  /** It needs machines of the laboratory. */
  readonly lab: boolean;
  readonly measure: (isQuick: boolean) => Finding[] | Promise<Finding[]>;
}

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const ROWS: readonly Row[] = [
  { name: 'lan', lab: true, measure: (isQuick) => joinFindings('lan', isQuick ? 2 : 12) },
  { name: 'nat', lab: true, measure: (isQuick) => joinFindings('nat', isQuick ? 2 : 12) },
  { name: 'heal', lab: true, measure: (isQuick) => healFindings(isQuick) },
  {
    name: 'plan',
    lab: false,
    measure: (isQuick) => planFindings(1_000, isQuick ? 5 : 21),
  },
  { name: 'change', lab: false, measure: (isQuick) => changeFindings(isQuick ? 5 : 31) },
  { name: 'throughput', lab: true, measure: (isQuick) => throughputFindings(isQuick ? 2 : 9) },
  { name: 'start', lab: false, measure: (isQuick) => startFindings(ROOT, isQuick ? 5 : 31) },
  { name: 'idle', lab: true, measure: (isQuick) => idleFindings(isQuick) },
];

process.exit(await bench());

async function bench(): Promise<number> {
  const names = ROWS.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.page) {
    writePage(ROOT);
    return 0;
  }
  const made: RowResults[] = [];
  for (const row of ROWS) {
    if (options.only.length > 0 && !options.only.includes(row.name)) continue;
    const result = await measured(row, options.quick);
    made.push(result);
    // At once: a run that breaks off keeps what it has.
    if (!options.quick) keepResults(ROOT, withRow(keptResults(ROOT), result, names));
  }
  process.stdout.write(`\n${resultsMarkdown({ bench: 'mesh', rows: made })}\n`);
  if (!options.quick) writePage(ROOT);
  const findings = made.flatMap((row) => row.findings);
  const isMissed = findings.some((finding) => isReached(finding) === false);
  return isMissed || made.some(({ missing }) => missing !== null) ? 1 : 0;
}

async function measured(row: Row, isQuick: boolean): Promise<RowResults> {
  const machine = thisMachine(ROOT, ROOT);
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const beganMs = performance.now();
  process.stderr.write(`bench: ${row.name}\n`);
  let missing = row.lab ? labMissing() : null;
  let findings: readonly Finding[] = [];
  if (missing === null) {
    try {
      findings = await row.measure(isQuick);
    } catch (error) {
      // The other rows are measured all the same.
      missing = (error as Error).message.split('\n')[0] ?? '';
      process.stderr.write(`bench: ${row.name}: ${(error as Error).stack ?? missing}\n`);
    }
  }
  const tookS = Math.round((performance.now() - beganMs) / 1_000);
  return { row: row.name, date, machine, tookS, findings, missing };
}
