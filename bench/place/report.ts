// The results of placing as Markdown, as numbers and as a plot, and where they are put.

import fs from 'node:fs';
import { join } from 'node:path';
import type { Panel } from '../beat/plot.ts';
import { type Finding, goalText, quantityText, verdictText } from '../ledger/finding.ts';
import type { Machine } from '../ledger/machine.ts';
import type { Attempts } from './attempts.ts';

export interface Curves {
  readonly two: readonly Attempts[];
  readonly twoOnChange: readonly Attempts[];
  readonly greedy: readonly Attempts[];
}

export interface Results {
  readonly bench: 'place';
  readonly date: string;
  readonly machine: Machine;
  readonly findings: readonly Finding[];
  readonly curves: Curves;
}

const BEGIN = '<!-- results: written by `npm run bench:place`, do not edit -->';
const END = '<!-- end of the results of placing -->';

export function resultsMarkdown({ machine, date, findings, curves }: Results): string {
  const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const asked = ({ perPlacement }: Attempts): string => perPlacement.toFixed(2);
  return [
    `${date} · commit ${machine.commit} · ${machine.cpu}, ${machine.cores} cores · ` +
      `${machine.disk} · Node ${machine.node} · load before the run ${machine.loadBefore}`,
    '',
    line('', 'measured', 'beside it', 'goal', ''),
    line('---', '---', '---', '---', '---'),
    ...findings.map((finding) =>
      line(
        finding.what,
        quantityText(finding.measured),
        finding.beside === undefined
          ? ''
          : `${quantityText(finding.beside)} ${finding.beside.what}`,
        goalText(finding),
        verdictText(finding),
      ),
    ),
    '',
    line(
      'hosts asked at a load of',
      ...curves.two.map(({ load }) => `${Math.round(load * 100)} %`),
    ),
    line('---', ...curves.two.map(() => '---')),
    line('`two`, heartbeats on a change, too', ...curves.twoOnChange.map(asked)),
    line('`two`', ...curves.two.map(asked)),
    line('`mostFree` (greedy)', ...curves.greedy.map(asked)),
  ].join('\n');
}

export function panelsOf({ two, twoOnChange, greedy }: Curves): Panel[] {
  const points = (list: readonly Attempts[]): { x: number; y: number }[] =>
    list.map(({ load, perPlacement }) => ({ x: load * 100, y: Math.min(6, perPlacement) }));
  return [
    {
      ...{ title: 'Hosts asked until one takes the work', xName: 'load, %', yName: 'hosts asked' },
      ...{ xMin: 20, xMax: 90, yMax: 6, logX: false },
      ...{ xTicks: [20, 40, 60, 80], yTicks: [0, 1, 2, 3, 4, 5, 6] },
      lines: [
        { name: 'two, beats on change', points: points(twoOnChange), color: '#1b7837' },
        { name: 'two', points: points(two), color: '#2166ac' },
        { name: 'greedy', points: points(greedy), color: '#b2182b' },
      ],
    },
  ];
}

export function writeResults(root: string, results: Results): void {
  const json = `${JSON.stringify(results, null, 2)}\n`;
  fs.writeFileSync(join(root, 'bench/results/place.json'), json);
  const document = join(root, 'docs/benchmarks.md');
  const text = fs.readFileSync(document, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/benchmarks.md has lost its markers');
  const block = `${BEGIN}\n\n${resultsMarkdown(results)}\n\n`;
  fs.writeFileSync(document, text.slice(0, begin) + block + text.slice(end));
}
