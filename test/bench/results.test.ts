// What the benchmark says about itself: a goal cannot be reached by not being measured, and results
// that could not be had are named. The figures themselves are nobody's to test.

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Finding, isReached, quantityText } from '../../bench/ledger/finding.ts';
import { median, paired } from '../../bench/ledger/measure.ts';
import { readOptions } from '../../bench/ledger/options.ts';
import { type Results as PairingResults, withResults } from '../../bench/pairing/report.ts';
import { readOptions as readMeshOptions } from '../../bench/mesh/options.ts';
import { keptResults, withResults as withRows, withRow } from '../../bench/rows.ts';
import { type Results, resultsMarkdown, writeResults } from '../../bench/ledger/report.ts';

const finding: Finding = {
  row: 'verify',
  what: 'verify',
  measured: { value: 7_400, unit: '/s' },
  how: 'in turn',
};
const results: Results = {
  bench: 'ledger',
  date: '2026-01-01 00:00',
  machine: {
    cpu: 'cpu',
    cores: 2,
    memoryGiB: 4,
    system: 'Linux',
    disk: 'ext4',
    node: 'v20',
    openssl: '3',
    commit: 'abc',
    loadBefore: 0,
  },
  records: 1_000,
  findings: [finding],
  peers: [],
  peersMissing: null,
};

test('a goal is reached at its bound, missed past it, and missed where nothing was measured', () => {
  const least = { of: 'ratio', least: 0.8 } as const;
  expect(isReached({ ...finding, goal: least, ratio: 0.8 })).toBe(true);
  expect(isReached({ ...finding, goal: least, ratio: 0.79 })).toBe(false);
  expect(isReached({ ...finding, goal: least })).toBe(false);
  expect(isReached({ ...finding, goal: least, ratio: Number.NaN })).toBe(false);
  expect(isReached({ ...finding, goal: { of: 'measured', most: 7_399 } })).toBe(false);
  expect(isReached(finding)).toBeNull();
});

test('a paired run alternates, drops its first turn, and takes the median of the ratios', async () => {
  const order: string[] = [];
  const ours = [1_000, 2, 6, 4];
  const floor = [1, 1, 2, 4];
  const pair = await paired(
    3,
    () => (order.push('ours'), ours.shift() ?? 0),
    () => (order.push('floor'), floor.shift() ?? 0),
  );
  expect(order.join(' ')).toBe('ours floor ours floor ours floor ours floor');
  expect(pair).toEqual({ ours: 4, floor: 2, ratio: 2 });
  expect(median([3, 1, 2, 10])).toBe(2.5);
});

test('figures keep the digits that matter', () => {
  expect(quantityText({ value: 1_234_567.8, unit: '/s' })).toBe('1,234,568/s');
  expect(quantityText({ value: 0.4567, unit: 's' })).toBe('0.46 s');
  expect(quantityText({ value: 4, unit: 'trips' })).toBe('4 round trips');
});

test('a run that misses the peers says why in its table', () => {
  expect(resultsMarkdown({ ...results, peersMissing: 'npm ci ended with 1' })).toContain(
    'Not measured in this run: npm ci ended with 1.',
  );
  const line = {
    name: 'peer',
    records: 10,
    signs: 'no',
    fsync: 'no',
    tasks: {
      append: { ms: 5, records: 10 },
      groups: { why: 'no batches' },
      ingest: { ms: 1, records: 10 },
      open: { why: 'no file' },
      merge: { ms: 1, records: 10 },
    },
  } as const;
  const text = resultsMarkdown({ ...results, peers: [line] });
  expect(text).toContain('| peer | 10 | 2,000 | – |');
  expect(text).toContain('open from disk: no file.');
});

test('results replace the block between the markers and nothing else', () => {
  const root = fs.mkdtempSync(join(os.tmpdir(), 'kith-results-'));
  fs.mkdirSync(join(root, 'docs'));
  const document = join(root, 'docs/benchmarks.md');
  const real = fs.readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8');
  fs.writeFileSync(document, real);
  writeResults(root, results);
  const once = fs.readFileSync(document, 'utf8');
  expect(once).toContain('commit abc');
  expect(once.slice(0, 200)).toBe(real.slice(0, 200));
  expect(once.slice(-200)).toBe(real.slice(-200));
  writeResults(root, results);
  expect(fs.readFileSync(document, 'utf8')).toBe(once);
  fs.writeFileSync(document, 'no markers');
  expect(() => writeResults(root, results)).toThrow('markers');
  fs.rmSync(root, { recursive: true });
});

test('the page shows the results of pairing that are kept beside it', () => {
  const root = new URL('../..', import.meta.url);
  const kept = fs.readFileSync(new URL('bench/results/pairing.json', root), 'utf8');
  const page = fs.readFileSync(new URL('docs/benchmarks.md', root), 'utf8');
  const pairing = JSON.parse(kept) as PairingResults;
  expect(withResults(page, pairing)).toBe(page);
  expect(withResults(page, { ...pairing, runs: pairing.runs + 1 })).not.toBe(page);
  expect(() => withResults('no markers', pairing)).toThrow('markers');
});

test('the page shows the results of mesh, screens and placing that are kept beside it', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const page = fs.readFileSync(join(root, 'docs/benchmarks.md'), 'utf8');
  const kept = keptResults(root, 'mesh');
  expect(withRows(page, kept)).toBe(page);
  const { date, machine } = { ...results, date: '2026-01-01 00:00' };
  const row = { row: 'idle', date, machine, tookS: 1, findings: [finding], missing: null };
  const once = withRow(kept, row, ['lan', 'idle']);
  expect(withRows(page, once)).not.toBe(page);
  expect(withRows(page, once)).toContain('| verify | 7,400/s |');
  // In the place of itself, and behind those before it.
  const twice = withRow(withRow(once, { ...row, row: 'lan' }, ['lan', 'idle']), row, [
    'lan',
    'idle',
  ]);
  const names = twice.rows
    .map((one) => one.row)
    .filter((name) => name === 'lan' || name === 'idle');
  expect(names).toEqual(['lan', 'idle']);
  const missed = { ...row, findings: [], missing: 'it lacks nft' };
  expect(withRows(page, withRow(kept, missed, []))).toContain('**not measured**: it lacks nft');
  expect(() => withRows('no markers', kept)).toThrow('markers');
  // And those of the screens and of placing, which have a table more.
  const placing = keptResults(root, 'place');
  expect(withRows(page, placing)).toBe(page);
  expect(withRows(page, keptResults(root, 'ui'))).toBe(page);
  const asked = { ...row, row: 'attempts', more: ['| hosts asked |'] };
  expect(withRows(page, withRow(placing, asked, []))).toContain('\n\n| hosts asked |\n\n- `');
});

test('the mesh refuses rows and options that it does not have', () => {
  expect(readMeshOptions(['--only', 'nope'], ['lan'])).toContain('no row is called nope');
  expect(readMeshOptions(['--write'], ['lan'])).toContain('--write');
  expect(readMeshOptions(['--only', 'lan', '--quick'], ['lan'])).toMatchObject({ quick: true });
});

test('the page shows the results of the ledger that are kept beside it', () => {
  const root = new URL('../..', import.meta.url);
  const kept = fs.readFileSync(new URL('bench/results/ledger.json', root), 'utf8');
  const page = fs.readFileSync(new URL('docs/benchmarks.md', root), 'utf8');
  expect(page).toContain(resultsMarkdown(JSON.parse(kept) as Results));
});

test('a row that does not exist is refused, and so is keeping the results of a part', () => {
  const rows = ['verify', 'append'];
  expect(readOptions(['--only', 'nope'], rows)).toContain('no row is called nope');
  expect(readOptions(['--only', 'append', '--write'], rows)).toContain('every row');
  expect(readOptions(['--fast'], rows)).toContain('--fast');
  expect(readOptions(['--quick', '--only', 'append'], rows)).toMatchObject({ only: ['append'] });
});
