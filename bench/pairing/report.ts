// The results of the pairing benchmark as Markdown, and where they are put: the numbers in
// bench/results/pairing.json, and a block between two markers of docs/benchmarks.md.

import fs from 'node:fs';
import { join } from 'node:path';
import { type Finding, goalText, quantityText, verdictText } from '../ledger/finding.ts';
import type { Machine } from '../ledger/machine.ts';

export interface Results {
  readonly bench: 'pairing';
  readonly date: string;
  readonly machine: Machine;
  readonly records: number;
  readonly runs: number;
  /** The version of magic-wormhole, or why it could not be run. */
  readonly peer: string;
  readonly findings: readonly Finding[];
}

const BEGIN = '<!-- results: written by `npm run bench:pairing`, do not edit -->';
const END = '<!-- end of the results of pairing -->';

export function resultsMarkdown({ machine, ...results }: Results): string {
  const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `${results.date} · commit ${machine.commit} · ${results.runs} runs each · a ledger of ` +
      `${results.records} records · ${results.peer}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · ${machine.system} · ` +
      `${machine.disk} · Node ${machine.node}, OpenSSL ${machine.openssl} · ` +
      `load of the machine before the run ${machine.loadBefore}`,
    '',
    line('', 'measured', 'beside it', 'goal', ''),
    line('---', '---', '---', '---', '---'),
    ...results.findings.map((finding) =>
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
  ].join('\n');
}

/** The document with these results in the place of those that it has. */
export function withResults(text: string, results: Results): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/benchmarks.md has lost its markers');
  return `${text.slice(0, begin)}${BEGIN}\n\n${resultsMarkdown(results)}\n\n${text.slice(end)}`;
}

export function writeResults(root: string, results: Results): void {
  const json = `${JSON.stringify(results, null, 2)}\n`;
  fs.writeFileSync(join(root, 'bench/results/pairing.json'), json);
  const document = join(root, 'docs/benchmarks.md');
  fs.writeFileSync(document, withResults(fs.readFileSync(document, 'utf8'), results));
}
