// `npm run bench:place`: how fast a placer decides among ten thousand nodes, how fast a host
// answers with its journal synced, how many hosts are asked until one takes the work, and what a
// warm job and a machine cost beside their engines. `--write`
// keeps the results in bench/results/place.json, docs/benchmarks.md and docs/placement.svg.

import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plot } from '../beat/plot.ts';
import { type Finding, isReached } from '../ledger/finding.ts';
import { thisMachine } from '../ledger/machine.ts';
import { admitted } from './admit.ts';
import { type Attempts, attemptsAt } from './attempts.ts';
import { decide } from './decide.ts';
import { jobFindings } from './job.ts';
import { panelsOf, resultsMarkdown, writeResults } from './report.ts';
import { vmFindings } from './vm.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const NODES = 10_000;
const PLACERS = 8;
const LOADS = [0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9];

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    dir: { type: 'string', default: 'bench/data' },
  },
});
process.exitCode = await bench(options.quick, join(ROOT, options.dir));

async function bench(isQuick: boolean, dir: string): Promise<number> {
  fs.mkdirSync(dir, { recursive: true });
  const folder = fs.mkdtempSync(join(dir, 'place-'));
  const machine = thisMachine(ROOT, folder);
  say('deciding');
  const decided = decide(NODES, isQuick ? 50 : 500);
  say('admitting');
  const one = await admitted(join(folder, 'one'), PLACERS, isQuick ? 2 : 20);
  say('asking');
  const seconds = isQuick ? 120 : 1_800;
  const curve = (policy: 'two' | 'mostFree', onChange: boolean): Attempts[] =>
    LOADS.map((load) => attemptsAt(load, policy, onChange, seconds));
  const curves = {
    two: curve('two', false),
    twoOnChange: curve('two', true),
    greedy: curve('mostFree', false),
  };
  fs.rmSync(folder, { recursive: true });
  const at60 = ({ load }: Attempts): boolean => load === 0.6;
  const findings: Finding[] = [
    {
      ...{ row: 'decide', what: 'decision among 10,000 nodes, p99' },
      measured: { value: decided.p99Ms, unit: 'ms' },
      beside: { value: decided.passMs, unit: 'ms', what: 'one bare pass over them, p50' },
      goal: { of: 'measured', most: 5 },
      how: 'the plan with the order of all that fit and the reasons of all others, in no order',
    },
    {
      ...{ row: 'answer', what: `answer to a reservation, ${PLACERS} placers at once, p99` },
      measured: { value: one.p99Ms, unit: 'ms' },
      beside: { value: one.bareMs, unit: 'ms', what: 'one bare line and its sync, p50' },
      goal: { of: 'measured', most: 5 },
      how: 'signature checked, step, journal synced, answer signed',
    },
    {
      ...{ row: 'rate', what: 'admissions a second, each with a cancel' },
      measured: { value: one.perSecond, unit: '/s' },
      goal: { of: 'measured', least: 500 },
      how: 'the same, sustained',
    },
    {
      ...{ row: 'attempts', what: 'hosts asked a placement at 60 % load, 50 hosts' },
      measured: { value: curves.twoOnChange.find(at60)?.perPlacement ?? 0, unit: 'trips' },
      beside: {
        ...{ value: curves.greedy.find(at60)?.perPlacement ?? 0, unit: 'trips' },
        what: 'by the greedy policy',
      },
      goal: { of: 'measured', most: 1.1 },
      how: 'two of all that fit, heartbeats every 10 s and on a change of room',
    },
  ];
  say('starting jobs');
  findings.push(...(await jobFindings(isQuick ? 5 : 20)));
  say('booting machines');
  findings.push(...(await vmFindings(isQuick ? 3 : 10)));
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const results = { bench: 'place' as const, date, machine, findings, curves };
  process.stdout.write(`\n${resultsMarkdown(results)}\n`);
  if (options.write) {
    writeResults(ROOT, results);
    fs.writeFileSync(join(ROOT, 'docs/placement.svg'), plot(panelsOf(curves)));
  }
  return findings.some((finding) => isReached(finding) === false) ? 1 : 0;
}

function say(what: string): void {
  process.stderr.write(`bench: ${what}\n`);
}
