// `npm run bench:pairing`: how long a machine takes to be in, from the last character of the code
// on, beside magic-wormhole's pairing in the same run. Method: docs/benchmarks.md, "Pairing".

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Role } from '../../pairing/confirm.ts';
import { type Finding, isReached } from '../ledger/finding.ts';
import { thisMachine } from '../ledger/machine.ts';
import { median, percentile } from '../ledger/measure.ts';
import { almostTyped, houseOf } from './ceremony.ts';
import { heardBy } from './crypto.ts';
import { type Results, resultsMarkdown, writeResults } from './report.ts';
import { type Mailbox, almostReceived, mailboxAt } from './wormhole.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const RECORDS = 1_000;
const COLD_STARTS = 9;
/** Somebody who types a code takes longer than this: all processes have started by then. */
const TYPING_MS = 1_500;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
    dir: { type: 'string', default: 'bench/data' },
  },
});
process.exitCode = await bench(Number(options.runs), join(ROOT, options.dir));

async function bench(runs: number, dir: string): Promise<number> {
  fs.mkdirSync(dir, { recursive: true });
  const folder = fs.mkdtempSync(join(dir, 'pairing-'));
  const machine = thisMachine(ROOT, folder);
  const mailbox = await mailboxAt(ROOT);
  const house = await houseOf(join(ROOT, 'kith'), folder, RECORDS);
  const [ours, theirs]: [number[], number[]] = [[], []];
  // One before the first, which is not counted; then in turn, so that the machine meets both alike.
  for (let i = 0; i <= runs; i++) {
    process.stderr.write(`bench: run ${i} of ${runs}\n`);
    const one = await almostTyped(house, `lamp-${i}`);
    const other = 'url' in mailbox ? await almostReceived(mailbox) : null;
    await new Promise((typed) => setTimeout(typed, TYPING_MS));
    ours.push(await one.finish());
    if (other !== null) theirs.push(await other.finish());
  }
  await house.daemon.stop();
  if ('server' in mailbox) await mailbox.server.stop();
  fs.rmSync(folder, { recursive: true });
  const results: Results = {
    bench: 'pairing',
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine,
    records: RECORDS,
    runs,
    peer: 'why' in mailbox ? mailbox.why : mailbox.version,
    findings: [...wholeFindings(ours.slice(1), theirs.slice(1), mailbox), ...cryptoFindings()],
  };
  process.stdout.write(`\n${resultsMarkdown(results)}\n`);
  if (options.write) writeResults(ROOT, results);
  return results.findings.some((finding) => isReached(finding) === false) ? 1 : 0;
}

function wholeFindings(
  ours: readonly number[],
  theirs: readonly number[],
  mailbox: Mailbox | { readonly why: string },
): Finding[] {
  const at = (share: number, mostMs: number): Finding => ({
    row: 'whole',
    what: `from the last character to "admitted", p${share}`,
    measured: { value: percentile(ours, share), unit: 'ms' },
    ...('why' in mailbox
      ? {}
      : { beside: { value: percentile(theirs, share), unit: 'ms', what: 'magic-wormhole' } }),
    goal: { of: 'measured', most: mostMs },
    how: 'real processes on loopback, in turn',
  });
  return [at(50, 400), at(95, 800)];
}

function cryptoFindings(): Finding[] {
  const script = fileURLToPath(new URL('./child.js', import.meta.url));
  return (['admitter', 'newcomer'] as const).flatMap((role: Role) => {
    const heard = heardBy(role);
    const starts = Array.from({ length: COLD_STARTS }, () => {
      const out = execFileSync(process.execPath, [script, role, heard]);
      return JSON.parse(out.toString()) as { cold: number; warm: number };
    });
    return (['cold', 'warm'] as const).map(
      (how): Finding => ({
        row: 'crypto',
        what: `cryptography of the ${role}, ${how}`,
        measured: { value: median(starts.map((start) => start[how])), unit: 'ms' },
        goal: { of: 'measured', most: 5 },
        how: 'in a process of its own: cold the first time, warm after fifty',
      }),
    );
  });
}
