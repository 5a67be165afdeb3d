// `npm run bench:beat`: heartbeats in simulated networks of 100 to 10,000 nodes. Writes
// bench/results/beat.json, docs/heartbeat.svg and the table in docs/heartbeat.md.
// `--quick` leaves out the largest and writes nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median } from '../ledger/measure.ts';
import { thisMachine } from '../ledger/machine.ts';
import { type Detection, type Row, measured } from './networks.ts';
import { type Line, type Panel, plot } from './plot.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const SIZES = [50, 100, 200, 300, 1_000, 3_000, 10_000];
const SEED = 4;
const BLOCK = /<!-- bench:beat -->\n[\s\S]*?<!-- end -->/;

const isQuick = process.argv.includes('--quick');
const began = performance.now();
const rows = SIZES.filter((size) => !isQuick || size <= 1_000).map((members) => {
  process.stderr.write(`bench: ${members} nodes\n`);
  return measured(members, SEED);
});
const tookS = Math.round((performance.now() - began) / 1_000);
process.stdout.write(`${tableOf(rows)}\ntook ${tookS} s\n`);
if (!isQuick) write();

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
      'with 20 crashes, bytes/s',
    ],
    ['hosts known', 'first watcher', 'three', '95 % of all', 'false suspicions'],
  ].flat();
  const lines = all.map((row) => [
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
  ]);
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
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
      { name: '20 crashes in 10 s', points: busy, color: '#d1662b' },
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
