// Hosts asked at every load, by policy: as a finding at 60 %, as a table, and as a plot.

import fs from 'node:fs';
import { type Panel, plot } from '../beat/plot.ts';
import type { Finding } from '../ledger/finding.ts';
import type { Measured } from '../rows.ts';
import { type Attempts, attemptsAt } from './attempts.ts';

const LOADS = [0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9];
const LOAD_OF_GOAL = 0.6;
const ASKED_MOST = 1.1;

interface Curve {
  readonly name: string;
  readonly color: string;
  readonly at: readonly Attempts[];
}

/** `svg`: where the plot goes; null: nowhere. */
export function attemptsMeasured(seconds: number, svg: string | null): Measured {
  const curve = (policy: 'two' | 'mostFree', onChange: boolean): Attempts[] =>
    LOADS.map((load) => attemptsAt(load, policy, onChange, seconds));
  const both: Curve = { name: 'two, beats on change', color: '#1b7837', at: curve('two', true) };
  const two: Curve = { name: 'two', color: '#2166ac', at: curve('two', false) };
  const greedy: Curve = { name: 'greedy', color: '#b2182b', at: curve('mostFree', false) };
  const curves = [both, two, greedy];
  if (svg !== null) fs.writeFileSync(svg, plot([panelOf(curves)]));
  const how =
    `50 simulated hosts for ${seconds} s after 600 s that warm, heartbeats every 10 s; real plans ` +
    'and real admissions. No time of this machine is in it, and the same seed gives the same.';
  const finding = (what: string, its: Curve): Finding => ({
    ...{ row: 'attempts', what, how, goal: { of: 'measured', most: ASKED_MOST } },
    measured: { value: askedAt(its), unit: 'asked' },
    beside: { value: askedAt(greedy), unit: 'asked', what: 'by the greedy policy' },
  });
  return {
    findings: [
      finding('hosts asked a placement at 60 % load, heartbeats on a change, too', both),
      finding('the same, heartbeats every 10 s alone', two),
    ],
    more: tableOf(curves),
  };
}

function askedAt({ at }: Curve): number {
  return at.find(({ load }) => load === LOAD_OF_GOAL)?.perPlacement ?? Number.NaN;
}

function tableOf(curves: readonly Curve[]): string[] {
  const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line('hosts asked at a load of', ...LOADS.map((load) => `${Math.round(load * 100)} %`)),
    line('---', ...LOADS.map(() => '---')),
    ...curves.map(({ name, at }) =>
      line(name, ...at.map(({ perPlacement }) => perPlacement.toFixed(2))),
    ),
    '',
    '![hosts asked until one takes the work, by load](placement.svg)',
  ];
}

function panelOf(curves: readonly Curve[]): Panel {
  return {
    ...{ title: 'Hosts asked until one takes the work', xName: 'load, %', yName: 'hosts asked' },
    ...{ xMin: 20, xMax: 90, yMax: 6, logX: false },
    ...{ xTicks: [20, 40, 60, 80], yTicks: [0, 1, 2, 3, 4, 5, 6] },
    lines: curves.map(({ name, color, at }) => ({
      ...{ name, color },
      points: at.map(({ load, perPlacement }) => ({ x: load * 100, y: Math.min(6, perPlacement) })),
    })),
  };
}
