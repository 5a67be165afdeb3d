// A benchmark row by row: each row of the kept results is of the run that measured it last, so that
// a run that breaks off keeps what it has, and one row can be measured again alone. The numbers are
// in bench/results, their table in a block between two markers of docs/benchmarks.md.

import fs from 'node:fs';
import { join } from 'node:path';
import {
  type Finding,
  goalText,
  isReached,
  quantityText,
  ratioText,
  verdictText,
} from './ledger/finding.ts';
import { type Machine, thisMachine } from './ledger/machine.ts';

export interface Measured {
  readonly findings: readonly Finding[];
  /** Lines of Markdown behind the table. */
  readonly more?: readonly string[];
}

export interface Row {
  readonly name: string;
  /** What it needs and this machine lacks; null: nothing. */
  readonly missing?: () => string | null;
  readonly measure: (isQuick: boolean) => Measured | Promise<Measured>;
}

export interface RowResults {
  readonly row: string;
  readonly date: string;
  readonly machine: Machine;
  readonly tookS: number;
  readonly findings: readonly Finding[];
  /** Why it could not be measured on this machine; null where it was. */
  readonly missing: string | null;
  readonly more?: readonly string[];
}

export type Bench = 'mesh' | 'place' | 'ui';

export interface Results {
  readonly bench: Bench;
  readonly rows: readonly RowResults[];
}

const ENDS: Readonly<Record<Bench, string>> = {
  mesh: '<!-- end of the results of the mesh -->',
  place: '<!-- end of the results of placing -->',
  ui: '<!-- end of the results of the screens -->',
};

/** Measures the rows that are wanted, says how it went, and answers the exit code. */
export async function measureRows(
  root: string,
  bench: Bench,
  rows: readonly Row[],
  { only, quick, keep }: { only: readonly string[]; quick: boolean; keep: boolean },
): Promise<number> {
  const names = rows.map(({ name }) => name);
  const made: RowResults[] = [];
  for (const row of rows) {
    if (only.length > 0 && !only.includes(row.name)) continue;
    const result = await measured(root, row, quick);
    made.push(result);
    // At once: a run that breaks off keeps what it has.
    if (keep) keepResults(root, withRow(keptResults(root, bench), result, names));
  }
  process.stdout.write(`\n${resultsMarkdown({ bench, rows: made })}\n`);
  if (keep) writePage(root, bench);
  const findings = made.flatMap((row) => row.findings);
  const isMissed = findings.some((finding) => isReached(finding) === false);
  return isMissed || made.some(({ missing }) => missing !== null) ? 1 : 0;
}

async function measured(root: string, row: Row, isQuick: boolean): Promise<RowResults> {
  const machine = thisMachine(root, root);
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const beganMs = performance.now();
  process.stderr.write(`bench: ${row.name}\n`);
  let missing = row.missing?.() ?? null;
  let its: Measured = { findings: [] };
  if (missing === null) {
    try {
      its = await row.measure(isQuick);
    } catch (error) {
      // The other rows are measured all the same.
      missing = (error as Error).message.split('\n')[0] ?? '';
      process.stderr.write(`bench: ${row.name}: ${(error as Error).stack ?? missing}\n`);
    }
  }
  const tookS = Math.round((performance.now() - beganMs) / 1_000);
  return { row: row.name, date, machine, tookS, missing, ...its };
}

function resultsMarkdown({ rows }: Results): string {
  const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [first] = rows;
  if (first === undefined) return 'Nothing was measured yet.';
  const made = rows.filter(({ missing }) => missing === null);
  const findings = made.flatMap((row) => row.findings);
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
    ...made.flatMap(({ more = [] }) => (more.length === 0 ? [] : [...more, ''])),
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
  const begin = `<!-- results: written by \`npm run bench:${results.bench}\`, do not edit -->`;
  const end = ENDS[results.bench];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('docs/benchmarks.md has lost its markers');
  return `${text.slice(0, from)}${begin}\n\n${resultsMarkdown(results)}\n\n${text.slice(to)}`;
}

/** The kept results with this row in its place, in the order of `names`. */
export function withRow(kept: Results, row: RowResults, names: readonly string[]): Results {
  const rows = [...kept.rows.filter((one) => one.row !== row.row), row].toSorted(
    (a, b) => names.indexOf(a.row) - names.indexOf(b.row),
  );
  return { ...kept, rows };
}

function fileOf(root: string, bench: Bench): string {
  return join(root, `bench/results/${bench}.json`);
}

export function keptResults(root: string, bench: Bench): Results {
  const file = fileOf(root, bench);
  if (!fs.existsSync(file)) return { bench, rows: [] };
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Results;
}

function keepResults(root: string, results: Results): void {
  fs.writeFileSync(fileOf(root, results.bench), `${JSON.stringify(results, null, 2)}\n`);
}

export function writePage(root: string, bench: Bench): void {
  const page = join(root, 'docs/benchmarks.md');
  fs.writeFileSync(page, withResults(fs.readFileSync(page, 'utf8'), keptResults(root, bench)));
}
