// `kith ledger import` from outside: what comes in, in whatever order and company.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataFolder, house, kith, type Ran, scratch, textOf } from './ledgers.ts';

const folder = scratch('import');
const { scribe, anna } = house();
const other = house('office');

interface Report {
  readonly founded: boolean;
  readonly added: number;
  readonly duplicates: number;
  readonly refused: readonly { line: number; code: string }[];
  readonly void: readonly { id: string; code: string }[];
  readonly pending: readonly { line: number; id: string }[];
  readonly ledger: string;
  readonly stateRoot: string;
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function bring(path: string, dir: string, ...words: string[]): Promise<[Report, Ran]> {
  const ran = await kith(['ledger', 'import', path, '--dir', dir, '--json', ...words]);
  return [JSON.parse(ran.out) as Report, ran];
}

async function rootOf(dir: string): Promise<string> {
  const ran = await kith(['ledger', 'state', '--dir', dir, '--json']);
  expect([ran.code, ran.err]).toEqual([0, '']);
  return (JSON.parse(ran.out) as { stateRoot: string }).stateRoot;
}

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
});

describe('kith ledger import', () => {
  test('founds a replica from a file, last line first, among strangers and rubbish', async () => {
    const mixed = [...other.scribe.records.slice(1), ...scribe.records.toReversed()];
    const path = file('mixed', `${textOf(mixed)}rubbish\n${textOf(scribe.records)}`);
    const dir = join(folder, 'a');
    const [report, ran] = await bring(path, dir);
    expect(ran.code).toBe(0);
    // The stove's last record came after the removal that cuts it off.
    expect(report).toMatchObject({ founded: true, added: scribe.records.length - 1, pending: [] });
    const codes = report.refused.map(({ code }) => code);
    expect(codes.filter((code) => code === 'other-ledger').length).toBe(mixed.length / 2 - 0.5);
    expect(codes).toContain('not-canonical');
    expect(codes).toContain('beyond-cut');
    const rubbish = report.refused.find(({ code }) => code === 'not-canonical');
    expect(rubbish?.line).toBe(mixed.length + 1);

    const whole = dataFolder(join(folder, 'whole'), scribe.records);
    expect(await rootOf(dir)).toBe(await rootOf(whole));
    expect(report.stateRoot).toBe(await rootOf(dir));
    expect((await kith(['ledger', 'verify', '--dir', dir])).code).toBe(0);

    const before = readFileSync(join(dir, 'nodes.jsonl'));
    const [again] = await bring(path, dir);
    expect(again).toMatchObject({ founded: false, added: 0, stateRoot: report.stateRoot });
    expect(readFileSync(join(dir, 'nodes.jsonl')).equals(before)).toBe(true);
  });

  test('brings a ledger up to date with a newer file, and not back with an older one', async () => {
    const dir = join(folder, 'b');
    const [first] = await bring(file('old', textOf(scribe.records.slice(0, 4))), dir);
    expect(first).toMatchObject({ founded: true, added: 4 });
    const [second] = await bring(file('new', textOf(scribe.records)), dir);
    expect(second).toMatchObject({
      founded: false,
      added: scribe.records.length - 4,
      duplicates: 4,
    });
    expect(second.void).toMatchObject([{ id: scribe.records[6]?.id, code: 'void-cut' }]);
    const [third] = await bring(join(folder, 'old'), dir);
    expect(third).toMatchObject({ added: 0, duplicates: 4, stateRoot: second.stateRoot });
  });

  test('keeps what waits out of the file, and says so', async () => {
    const dir = join(folder, 'c');
    const records = scribe.records.filter((record) => record !== scribe.records[1]);
    const [report, ran] = await bring(file('gap', textOf(records)), dir);
    expect(ran.code).toBe(0);
    expect(report.pending.length).toBeGreaterThan(0);
    const lines = readFileSync(join(dir, 'nodes.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBe(report.added);
  });

  test('asks which ledger is meant, and founds the one that was named', async () => {
    const path = file('two', textOf([...scribe.records, ...other.scribe.records]));
    const dir = join(folder, 'd');
    const open = await kith(['ledger', 'import', path, '--dir', dir]);
    expect([open.code, open.out]).toEqual([2, '']);
    expect(open.err).toMatch(/^error: [^\n]*two|more than one ledger[^\n]*\nhint: [^\n]*--ledger/);
    expect(existsSync(join(dir, 'nodes.jsonl'))).toBe(false);
    const [report] = await bring(path, dir, '--ledger', other.scribe.ledger);
    expect(report).toMatchObject({ founded: true, ledger: other.scribe.ledger });
    const wrong = await kith(['ledger', 'import', path, '--dir', dir, '--ledger', scribe.ledger]);
    expect([wrong.code, wrong.err.split('\n').length]).toEqual([1, 3]);
    const right = await kith(['ledger', 'import', path, '--dir', dir, '--root', anna.key]);
    expect(right.code).toBe(0);
  });

  test('of a file that holds nothing for this ledger ends with 3', async () => {
    const dir = dataFolder(join(folder, 'e'), scribe.records);
    const ran = await kith([
      'ledger',
      'import',
      file('strange', textOf(other.scribe.records)),
      '--dir',
      dir,
    ]);
    expect(ran.code).toBe(3);
    expect(ran.out).toMatch(/other-ledger +the record belongs to another ledger/);
  });

  test('leaves no trace where there is nothing to found a replica on', async () => {
    const dir = join(folder, 'f');
    for (const content of ['', 'x', '\0\n', textOf(scribe.records.slice(1))]) {
      const ran = await kith(['ledger', 'import', file('poor', content), '--dir', dir]);
      expect([ran.code, ran.err.split('\n').length]).toEqual([2, 3]);
      expect(existsSync(dir)).toBe(false);
    }
    const missing = await kith(['ledger', 'import', join(folder, 'missing'), '--dir', dir]);
    expect([missing.code, missing.err.split('\n').length]).toEqual([1, 3]);
  });

  test('does not touch a ledger that another process writes', async () => {
    const dir = dataFolder(join(folder, 'g'), scribe.records);
    const path = file('same', textOf(scribe.records));
    const both = await Promise.all(
      [1, 2, 3].map(() => kith(['ledger', 'import', path, '--dir', dir])),
    );
    for (const { code, err } of both) {
      if (code !== 0) expect(err).toContain('another process has this ledger open');
    }
    expect(both.some(({ code }) => code === 0)).toBe(true);
  });
});
