// The results of the mesh benchmark: each row of the kept results is of the run that measured it
// last, so that one row can be measured again alone. Their numbers are in bench/results/mesh.json,
// their table in a block between two markers of docs/benchmarks.md.

import fs from 'node:fs';
import { join } from 'node:path';
import { type Finding, goalText, quantityText, ratioText, verdictText } from '../ledger/finding.ts';
import type { Machine } from '../ledger/machine.ts';

export interface RowResults {
  readonly row: string;
  readonly date: string;
  readonly machine: Machine;
  readonly tookS: number;
  readonly findings: readonly Finding[];
  /** Why it could not be measured on this machine; null where it was. */
  readonly missing: string | null;
}

export interface Results {
  readonly bench: 'mesh';
  readonly rows: readonly RowResults[];
}

const BEGIN = '<!-- results: written by `npm run bench:mesh`, do not edit -->';
const END = '<!-- end of the results of the mesh -->';
const FILE = 'bench/results/mesh.json';

export function resultsMarkdown({ rows }: Results): string {
  const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [first] = rows;
  if (first === undefined) return 'Nothing was measured yet.';
  const measured = rows.filter(({ missing }) => missing === null);
  const findings = measured.flatMap((row) => row.findings);
  return [
    machineText(first),
    '',
    line('', 'measured', 'beside it', 'ratio', 'goal', ''),
    line('---', '---', '---', '---', '---', '---'),
    ...findings.map((finding) =>
      line(
        finding.what,
        quantityText(finding.measured),
        besideText(finding),
        ratioText(finding),
        goalText(finding),
        verdictText(finding),
      ),
    ),
    '',
    ...rows.map(rowText),
    '',
    'How each was measured:',
    '',
    ...howTexts(findings),
  ].join('\n');
}

function machineText({ machine }: RowResults): string {
  return (
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · ${machine.system} · ` +
    `${machine.disk} · Node ${machine.node}, OpenSSL ${machine.openssl}`
  );
}

function besideText({ beside }: Finding): string {
  return beside === undefined ? '' : `${quantityText(beside)} ${beside.what}`;
}

function rowText({ row, date, machine, tookS, missing }: RowResults): string {
  const load = `load of the machine before it ${machine.loadBefore}`;
  const what = missing === null ? `${tookS} s` : `**not measured**: ${missing}`;
  return `- \`${row}\`: ${date} · commit ${machine.commit} · ${load} · ${what}`;
}

/** Findings that were measured together say so once. */
function howTexts(findings: readonly Finding[]): string[] {
  const texts = new Map<string, string[]>();
  for (const { how, what } of findings) texts.set(how, [...(texts.get(how) ?? []), what]);
  return [...texts].map(([how, whats]) => `- **${whats.join('; ')}.** ${how}`);
}

/** The document with these results in the place of those that it has. */
export function withResults(text: string, results: Results): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/benchmarks.md has lost its markers');
  return `${text.slice(0, begin)}${BEGIN}\n\n${resultsMarkdown(results)}\n\n${text.slice(end)}`;
}

/** The kept results with this row in its place, in the order of `names`. */
export function withRow(kept: Results, row: RowResults, names: readonly string[]): Results {
  const rows = [...kept.rows.filter((one) => one.row !== row.row), row].toSorted(
    (a, b) => names.indexOf(a.row) - names.indexOf(b.row),
  );
  return { ...kept, rows };
}

export function keptResults(root: string): Results {
  const file = join(root, FILE);
  if (!fs.existsSync(file)) return { bench: 'mesh', rows: [] };
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Results;
}

export function keepResults(root: string, results: Results): void {
  fs.writeFileSync(join(root, FILE), `${JSON.stringify(results, null, 2)}\n`);
}

export function writePage(root: string): void {
  const page = join(root, 'docs/benchmarks.md');
  fs.writeFileSync(page, withResults(fs.readFileSync(page, 'utf8'), keptResults(root)));
}
