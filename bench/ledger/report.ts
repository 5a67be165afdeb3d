// The results as Markdown, and where they are put: bench/results/ledger.json for programs, and the
// block between two markers of docs/benchmarks.md for people.

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Finding,
  goalText,
  grouped,
  quantityText,
  ratioText,
  verdictText,
} from './finding.ts';
import type { Machine } from './machine.ts';
import { type Outcome, type PeerLine, TASKS, TASK_TITLES } from './peers.ts';
import { perSecond } from './measure.ts';

export interface Results {
  readonly bench: 'ledger';
  readonly date: string;
  readonly machine: Machine;
  /** Of the large ledger. */
  readonly records: number;
  readonly findings: readonly Finding[];
  readonly peers: readonly PeerLine[];
  /** Why there are no lines of peers, or null. */
  readonly peersMissing: string | null;
}

const BEGIN = '<!-- results: written by `npm run bench:ledger`, do not edit -->';
const END = '<!-- end of results -->';

export function resultsMarkdown(results: Results): string {
  const { machine } = results;
  return [
    `${results.date} · commit ${machine.commit} · ${grouped(results.records)} records in the large ledger`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · ${machine.system} · ` +
      `${machine.disk} · Node ${machine.node}, OpenSSL ${machine.openssl} · ` +
      `load of the machine before the run ${machine.loadBefore}`,
    '',
    ...table(
      ['', 'measured', 'beside it', 'ratio', 'goal', ''],
      results.findings.map((finding) => [
        finding.what,
        quantityText(finding.measured),
        finding.beside === undefined
          ? ''
          : `${quantityText(finding.beside)} ${finding.beside.what}`,
        ratioText(finding),
        goalText(finding),
        verdictText(finding),
      ]),
    ),
    '',
    ...peersMarkdown(results),
    '### How each was measured',
    '',
    ...howLines(results.findings),
  ].join('\n');
}

/** One line for all findings that were measured in one go. */
function howLines(findings: readonly Finding[]): string[] {
  const byHow = new Map<string, string[]>();
  for (const { how, what } of findings) byHow.set(how, [...(byHow.get(how) ?? []), what]);
  return [...byHow].map(([how, whats]) => `- **${whats.join('; ')}.** ${how}`);
}

function peersMarkdown({ peers, peersMissing }: Results): string[] {
  const title = '### The same work by other libraries';
  if (peersMissing !== null) return [title, '', `Not measured in this run: ${peersMissing}.`, ''];
  if (peers.length === 0) return [];
  return [
    title,
    '',
    'Records per second. The same payloads of 500 bytes for all; N records each.',
    '',
    ...table(
      ['', 'N', ...TASKS.map((task) => TASK_TITLES[task]), 'signs', 'fsync'],
      peers.map((peer) => [
        peer.name,
        grouped(peer.records),
        ...TASKS.map((task) => outcomeText(peer.tasks[task])),
        peer.signs,
        peer.fsync,
      ]),
    ),
    '',
    ...whyNots(peers),
    '',
  ];
}

function outcomeText(outcome: Outcome): string {
  return 'why' in outcome ? '–' : grouped(perSecond(outcome.records, outcome.ms));
}

function whyNots(peers: readonly PeerLine[]): string[] {
  return peers.flatMap((peer) =>
    TASKS.flatMap((task) => {
      const outcome = peer.tasks[task];
      return 'why' in outcome ? [`- ${peer.name}, ${TASK_TITLES[task]}: ${outcome.why}.`] : [];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Keeps the results: the numbers as JSON, and the block of the document. */
export function writeResults(root: string, results: Results): void {
  const file = join(root, 'bench/results/ledger.json');
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  const document = join(root, 'docs/benchmarks.md');
  const text = fs.readFileSync(document, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${document} has lost its markers`);
  const block = `${BEGIN}\n\n${resultsMarkdown(results)}\n\n`;
  fs.writeFileSync(document, text.slice(0, begin) + block + text.slice(end));
}
