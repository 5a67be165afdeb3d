// `npm run bench:beat`: heartbeats in simulated networks of 50 to 10,000 nodes, each in a process
// of its own. Writes bench/results/beat.json, docs/heartbeat.svg and the table in
// docs/heartbeat.md. `--quick` leaves out the largest and writes nothing.

import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from '../ledger/measure.ts';
import { thisMachine } from '../ledger/machine.ts';
import type { Message } from './child.ts';
import { type Detection, LASTS_S, type Row } from './networks.ts';
import { type Line, type Panel, plot } from './plot.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const SIZES = [50, 100, 200, 300, 1_000, 3_000, 10_000];
const SEED = 4;
const BLOCK = /<!-- bench:beat -->\n[\s\S]*?<!-- end -->/;

const isQuick = process.argv.includes('--quick');
const began = performance.now();
// The largest first: it takes as long as all others together, and they run beside it.
const waiting = SIZES.filter((size) => !isQuick || size <= 1_000).toReversed();
const found = new Map<number, Row>();
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const rows = SIZES.flatMap((size) => found.get(size) ?? []);
const tookS = Math.round((performance.now() - began) / 1_000);
process.stdout.write(`${tableOf(rows)}\ntook ${tookS} s\n`);
if (!isQuick) write();

async function work(): Promise<void> {
  for (let size = waiting.shift(); size !== undefined; size = waiting.shift()) {
    const row = await simulated(size);
    found.set(size, row);
    say(`${size} nodes: ${tableRow(row).slice(1).join(', ')}`);
  }
}

/**
 * In a process of its own: ten thousand hearts need more than the 4 GB that Node takes by itself.
 */
function simulated(size: number): Promise<Row> {
  const script = fileURLToPath(new URL('./child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, [`${size}`, `${SEED}`], {
      execArgv: ['--max-old-space-size=12288'],
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    let row: Row | null = null;
    child.on('message', (message: Message) => {
      if (message.kind === 'at') say(`${size} nodes: second ${message.second} of ${LASTS_S}`);
      else row = message.row;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (row !== null) resolve(row);
      else reject(new Error(`the simulation of ${size} nodes ended with ${code ?? signal}`));
    });
  });
}

function say(line: string): void {
  const atS = ((performance.now() - began) / 1_000).toFixed(0);
  process.stderr.write(`bench: ${atS.padStart(3)} s: ${line}\n`);
}

function write(): void {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const results = {
    bench: 'beat',
    date,
    machine: thisMachine(ROOT, ROOT),
    seed: SEED,
    tookS,
    rows,
  };
  writeFileSync(`${ROOT}/bench/results/beat.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${ROOT}/docs/heartbeat.svg`, plot([costPanel(), detectionPanel()]));
  const page = `${ROOT}/docs/heartbeat.md`;
  const text = readFileSync(page, 'utf8');
  if (!BLOCK.test(text)) throw new Error(`${page} lost the markers of its table`);
  const block = `![What a node sends, and when a crash is known](heartbeat.svg)\n\n${tableOf(rows)}`;
  writeFileSync(page, text.replace(BLOCK, `<!-- bench:beat -->\n${block}<!-- end -->`));
}

function tableOf(all: readonly Row[]): string {
  const head = [
    [
      'nodes',
      'each speaks to',
      'bytes/s a node',
      'busiest',
      'datagrams/s',
      'with 10 crashes, bytes/s',
    ],
    ['hosts known', 'first watcher', 'three', '95 % of all', 'false suspicions'],
  ].flat();
  const lines = all.map((row) => tableRow(row));
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

function tableRow(row: Row): string[] {
  return [
    row.members.toLocaleString('en-US'),
    `${row.watchers}`,
    row.bytesPerSecond.toFixed(0),
    row.bytesPerSecondMax.toFixed(0),
    row.packetsPerSecond.toFixed(1),
    row.busyBytesPerSecond.toFixed(0),
    row.knownHosts.toFixed(0),
    seconds(row, 'firstWatcherS'),
    seconds(row, 'threeWatchersS'),
    seconds(row, 'mostS'),
    `${row.falseSuspicions}`,
  ];
}

/** The median of the crashes, and the slowest. */
function seconds({ detections }: Row, field: keyof Detection): string {
  const known = detections.map((one) => one[field]).filter((one) => one !== null);
  if (known.length < detections.length) return `${known.length} of ${detections.length} in time`;
  return `${median(known).toFixed(0)} s (${Math.max(...known).toFixed(0)} s)`;
}

function costPanel(): Panel {
  const points = rows.map(({ members, bytesPerSecond }) => ({ x: members, y: bytesPerSecond }));
  const busy = rows.map(({ members, busyBytesPerSecond }) => ({
    x: members,
    y: busyBytesPerSecond,
  }));
  const yMax = 1_000 * Math.ceil(Math.max(...[...points, ...busy].map(({ y }) => y)) / 1_000);
  return {
    title: 'What a node sends',
    ...{ xName: 'nodes in the network', yName: 'bytes a second' },
    ...{ xMin: 50, xMax: 10_000, yMax, logX: true, xTicks: [50, 300, 1_000, 3_000, 10_000] },
    yTicks: Array.from({ length: 5 }, (_, i) => (yMax / 4) * i),
    lines: [
      { name: 'nothing happens', points, color: '#1f6feb' },
      { name: '10 crashes in 10 s', points: busy, color: '#d1662b' },
    ],
  };
}

function detectionPanel(): Panel {
  const largest = rows.at(-1) as Row;
  const line = (name: string, field: keyof Detection, color: string): Line => {
    const known = largest.detections.map((one) => one[field] ?? 60).toSorted((a, b) => a - b);
    const steps = known.map((x, i) => ({ x, y: (100 * (i + 1)) / known.length }));
    return { name, points: [{ x: known[0] ?? 0, y: 0 }, ...steps], color };
  };
  return {
    title: `When a crash is known, ${largest.members.toLocaleString('en-US')} nodes`,
    ...{ xName: 'seconds after the crash', yName: '% of the crashes' },
    ...{ xMin: 20, xMax: 50, yMax: 100, logX: false },
    ...{ xTicks: [20, 25, 30, 35, 40, 45, 50], yTicks: [0, 25, 50, 75, 100] },
    lines: [
      line('to its first watcher', 'firstWatcherS', '#1f6feb'),
      line('to three watchers', 'threeWatchersS', '#2c974b'),
      line('to half of all nodes', 'halfS', '#d1662b'),
      line('to 95 % of all nodes', 'mostS', '#8250df'),
    ],
  };
}
