// `kith ledger verify` from outside: the real ./kith, whatever stands in the file.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dataFolder, house, kith, type Ran, scratch, textOf } from './ledgers.ts';

const folder = scratch('verify');
const { scribe, anna } = house();
const other = house('office');
const good = textOf(scribe.records);

interface Report {
  readonly records: number;
  readonly refused: readonly { line: number; code: string }[];
  readonly void: readonly { line: number; id: string; code: string }[];
  readonly pending: readonly { line: number; id: string }[];
  readonly authors: number;
  readonly frontierRoot: string;
  readonly stateRoot: string;
  readonly rules: number;
  readonly ledger: string | null;
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function verify(path: string, ...words: string[]): Promise<[Report, Ran]> {
  const ran = await kith(['ledger', 'verify', path, '--json', ...words]);
  expect(ran.err).toBe('');
  expect(ran.out.split('\n')).toHaveLength(2);
  return [JSON.parse(ran.out) as Report, ran];
}

function expectTwoLines(ran: Ran): void {
  expect(ran.out).toBe('');
  expect(ran.err).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
}

// Builds, where that has not happened, before several start at once.
beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
});

describe('kith ledger verify', () => {
  test('gives an intact file the report of the contract and 0', async () => {
    const [report, ran] = await verify(file('good', good));
    expect(ran.code).toBe(0);
    expect(report).toMatchObject({
      records: scribe.records.length,
      refused: [],
      pending: [],
      authors: 4,
      rules: 1,
      ledger: scribe.ledger,
    });
    expect(report.void).toMatchObject([{ line: 7, code: 'void-cut' }]);
    expect(report.void[0]?.id).toBe(scribe.records[6]?.id);
    expect(report.frontierRoot).toMatch(/^[\w-]{43}$/);
    expect(report.stateRoot).toMatch(/^[\w-]{43}$/);
  });

  test('comes to the same roots in any order, with duplicates and strangers', async () => {
    const [straight] = await verify(file('straight', good));
    const lines = [...scribe.records, ...scribe.records].toReversed();
    const [mixed, ran] = await verify(
      file('mixed', textOf(lines) + textOf(other.scribe.records.slice(1))),
    );
    const { records, authors, frontierRoot, stateRoot } = straight;
    expect(mixed).toMatchObject({ records, authors, frontierRoot, stateRoot });
    expect(ran.code).toBe(3);
    expect(mixed.refused.length).toBe(other.scribe.records.length - 1);
    expect(new Set(mixed.refused.map(({ code }) => code))).toEqual(new Set(['other-ledger']));
  });

  test('refuses what was changed by hand, with the number of its line, and ends with 3', async () => {
    const lines = good.split('\n');
    lines[7] = lines[7]?.replace('"seq":1', '"seq":0') ?? '';
    lines[3] = ` ${lines[3]}`;
    const [report, ran] = await verify(file('changed', lines.join('\n')));
    expect(ran.code).toBe(3);
    const codes = Object.fromEntries(report.refused.map(({ line, code }) => [line, code]));
    expect(codes).toMatchObject({ 4: 'not-canonical', 8: 'bad-body' });
  });

  test('says what waits for a line that is missing', async () => {
    const records = scribe.records.filter((record) => record !== scribe.records[1]);
    const [report] = await verify(file('gap', textOf(records)));
    expect(report.pending.length).toBeGreaterThan(0);
    const waiting = records.findIndex(({ id }) => id === report.pending[0]?.id);
    expect(report.pending[0]?.line).toBe(waiting + 1);
  });

  test('asks which ledger is meant where two begin, and takes an id or a root key', async () => {
    const path = file('two', textOf([...scribe.records, ...other.scribe.records]));
    const open = await kith(['ledger', 'verify', path, '--json']);
    expect(open.code).toBe(2);
    const { error } = JSON.parse(open.out) as { error: Record<string, string> };
    expect(error).toMatchObject({ code: 'two-ledgers' });
    expect(error['detail']).toContain(scribe.ledger);
    expect(error['detail']).toContain(other.scribe.ledger);
    expectTwoLines(await kith(['ledger', 'verify', path]));
    const [one] = await verify(path, '--ledger', scribe.ledger);
    expect(one).toMatchObject({ ledger: scribe.ledger, records: scribe.records.length });
    const [two] = await verify(path, '--ledger', other.scribe.ledger);
    expect(two).toMatchObject({ ledger: other.scribe.ledger });
    // Anna founded both, so her key does not say which.
    expect((await kith(['ledger', 'verify', path, '--root', anna.key])).code).toBe(2);
    const [sole] = await verify(file('good2', good), '--root', anna.key);
    expect(sole).toMatchObject({ ledger: scribe.ledger });
    const absent = await kith(['ledger', 'verify', path, '--ledger', 'A'.repeat(43)]);
    expect([absent.code, absent.err.split('\n').length]).toEqual([2, 3]);
  });

  test('checks the file of a data folder', async () => {
    const data = dataFolder(join(folder, 'data'), scribe.records);
    const ran = await kith(['ledger', 'verify', '--dir', data, '--json']);
    expect([ran.code, (JSON.parse(ran.out) as Report).records]).toEqual([0, scribe.records.length]);
    const both = await kith(['ledger', 'verify', file('a', good), '--dir', data]);
    expect(both.code).toBe(2);
    expectTwoLines(both);
    const none = await kith(['ledger', 'verify', '--dir', join(folder, 'nowhere')]);
    expect(none.code).toBe(1);
    expectTwoLines(none);
  });

  test('tells a person line, code and sentence', async () => {
    const ran = await kith(['ledger', 'verify', file('for-people', `${good}{}\n`)]);
    expect(ran.code).toBe(3);
    expect(ran.out).toContain('not intact');
    expect(ran.out).toMatch(/line 11 +bad-shape +a field of the record is missing or wrong/);
    expect(ran.out).toMatch(/line 7 +void-cut +record .{9}: its author was removed before this/);
    const rot = await kith(['ledger', 'verify', file('rot', 'x\n'.repeat(50))]);
    expect(rot.out).toContain('  and 30 more: see --json\n');
  });
});

describe('hostile files', () => {
  const line = (text: string): string => `${text}\n`;
  const LONG = 'a'.repeat(9_000);
  const HOSTILE: readonly (readonly [string, string | Uint8Array, number, string[]])[] = [
    ['nothing at all', '', 0, []],
    ['one byte', 'x', 3, ['not-canonical']],
    ['one newline', '\n', 3, ['empty']],
    ['NUL bytes', '\0\0\0\n', 3, ['not-canonical']],
    [
      'bytes that are no text',
      Uint8Array.of(0xff, 0xfe, 10, 0xc0, 10),
      3,
      ['not-utf8', 'not-utf8'],
    ],
    ['a line without an end', 'a'.repeat(3_000_000), 3, ['too-long']],
    ['a line a byte too long', line(LONG), 3, ['too-long']],
    ['numbers and null', line('7') + line('null'), 3, ['bad-shape', 'not-canonical']],
    ['deep nesting', line('['.repeat(4_000) + ']'.repeat(4_000)), 3, ['not-canonical']],
    ['a prototype', line('{"__proto__":{"v":1}}'), 3, ['not-canonical']],
    [
      'escape sequences',
      line('"\\u001b[2J"') + line('\u001b[2J'),
      3,
      ['not-canonical', 'not-canonical'],
    ],
    ['Windows line ends', line('{}\r'), 3, ['not-canonical']],
    ['half a surrogate', line('"\\ud800"'), 3, ['not-canonical']],
    ['a huge number', line(`{"v":1e999}`), 3, ['not-canonical']],
    ['another version', line('{"v":2}'), 3, ['wrong-version']],
  ];

  test.each(HOSTILE)('%s', async (name, content, code, codes) => {
    const path = file(name.replaceAll(' ', '-'), content);
    const [report, ran] = await verify(path);
    expect(ran.code).toBe(code);
    expect(report.refused.map((one) => one.code)).toEqual(codes);
    expect(report.refused.map((one) => one.line)).toEqual(codes.map((_, i) => i + 1));
    expect(report.records).toBe(0);
  });

  test('reach no terminal with what they hold', async () => {
    const every = HOSTILE.map(([, content]) => Buffer.from(content as string)).filter(
      ({ length }) => length < 100_000,
    );
    const ran = await kith(['ledger', 'verify', file('every', Buffer.concat(every))]);
    expect([ran.code, ran.err]).toEqual([3, '']);
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    expect(ran.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('of nothing but beginnings cost no more than others', async () => {
    const begins = Array.from({ length: 300 }, (_, i) => house(`home-${i}`).scribe.genesis);
    const ran = await kith(['ledger', 'verify', file('begins', textOf(begins))]);
    expect(ran.code).toBe(2);
    expectTwoLines(ran);
    expect(ran.err.length).toBeLessThan(1_000);
  });

  test('that are no files are told in two lines', async () => {
    mkdirSync(join(folder, 'dir'));
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    const locked = file('locked', good);
    chmodSync(locked, 0);
    const named: [string, string][] = [
      [join(folder, 'missing'), 'ENOENT'],
      [join(folder, 'dir'), 'EISDIR'],
      [join(folder, 'pipe'), 'no-plain-file'],
      ['/dev/null', 'no-plain-file'],
      [join(folder, 'good', 'under-a-file'), 'ENOTDIR'],
      [join(folder, 'x'.repeat(5_000)), 'ENAMETOOLONG'],
    ];
    // Root reads everything, so nobody is refused there.
    if (process.getuid?.() !== 0) named.push([locked, 'EACCES']);
    for (const [path, code] of named) {
      const [human, json] = await Promise.all([
        kith(['ledger', 'verify', path]),
        kith(['ledger', 'verify', path, '--json']),
      ]);
      expect([path, human.code, json.code]).toEqual([path, 1, 1]);
      expectTwoLines(human);
      expect(json.err).toBe('');
      const { error } = JSON.parse(json.out) as { error: Record<string, string> };
      expect(error['code']).toBe(code);
      expect(Object.keys(error)).toEqual(expect.arrayContaining(['what', 'hint']));
    }
  });

  test('leave the file as it was', async () => {
    const path = file('untouched', `${good}torn`);
    await verify(path);
    expect(readFileSync(path, 'utf8')).toBe(`${good}torn`);
  });
});
