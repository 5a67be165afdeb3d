// `npm run bench:ledger`: every row of issue "found the house", section Speed, beside its floor or
// its peers, each in a process of its own, one after the other. Method: docs/benchmarks.md.

import fs from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchShape, RowResult } from './bench.ts';
import { type Finding, goalText, isReached, quantityText, ratioText } from './finding.ts';
import { thisMachine } from './machine.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { installPeers } from './peers.ts';
import { inFreshProcess } from './processes.ts';
import { resultsMarkdown, writeResults } from './report.ts';
import { ROWS } from './rows.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));

const options = readOptions(process.argv.slice(2), [...ROWS.keys()]);
if (typeof options === 'string') {
  process.stderr.write(`bench: ${options}\n\n${HELP}`);
  process.exitCode = 2;
} else if (options.help) {
  process.stdout.write(`${HELP}\nRows: ${[...ROWS.keys()].join(', ')}\n`);
} else {
  process.exitCode = await bench(options);
}

async function bench({ quick, only, write, keep, ...given }: Options): Promise<number> {
  const dir = resolve(ROOT, given.dir);
  fs.mkdirSync(dir, { recursive: true });
  const machine = thisMachine(ROOT, dir);
  const names = only.length > 0 ? only : [...ROWS.keys()];
  const peersMissing = names.includes('peers') ? installPeers(ROOT, say) : null;
  if (peersMissing !== null) say(`the rows of the peers are missing: ${peersMissing}`);
  const shape: BenchShape = {
    root: ROOT,
    dir,
    records: quick ? 100_000 : 1_000_000,
    turns: quick ? 3 : 5,
    peersMissing,
  };
  const results: RowResult[] = [];
  for (const name of names) {
    say(ROWS.get(name)?.title ?? name);
    const result = (await inFreshProcess({ kind: 'row', name, bench: shape }, say)) as RowResult;
    for (const finding of result.findings) print(finding);
    results.push(result);
  }
  if (!keep) fs.rmSync(dir, { recursive: true, force: true });
  const all = {
    bench: 'ledger' as const,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine,
    records: shape.records,
    findings: results.flatMap((result) => result.findings),
    peers: results.flatMap((result) => result.peers ?? []),
    peersMissing,
  };
  process.stdout.write(`\n${resultsMarkdown(all)}\n`);
  if (write || (!quick && only.length === 0)) writeResults(ROOT, all);
  return all.findings.some((finding) => isReached(finding) === false) ? 1 : 0;
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

function print(finding: Finding): void {
  const beside =
    finding.beside === undefined
      ? ''
      : `  (${quantityText(finding.beside)} ${finding.beside.what}) ${ratioText(finding)}`;
  const reached = isReached(finding);
  const goal = reached === null ? '' : `  ${goalText(finding)}: ${reached ? 'reached' : 'MISSED'}`;
  process.stdout.write(`  ${finding.what}: ${quantityText(finding.measured)}${beside}${goal}\n`);
}
