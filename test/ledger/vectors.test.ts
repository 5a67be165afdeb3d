// The golden vectors: what came of a set of histories when format 1 was fixed, replayed by the code
// of today. fixtures/ledger/README.md says how they were made; a file there is never made again.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCHEMAS } from '../../ledger/kinds.ts';
import { REFUSALS, VOIDS } from '../../ledger/refusals.ts';
import { decodeText } from '../../ledger/record.ts';
import { nodePlatform } from '../../src/platform.ts';
import { scenarios, singleLines } from '../kit/scenarios.ts';
import { type LineVector, type Vector, allLines, judgeLine, judgeLines } from '../kit/vectors.ts';

const V1 = join(import.meta.dirname, '../../fixtures/ledger/v1');

const out = process.env['KITH_VECTORS_OUT'];
if (out !== undefined) test('new vectors are made', () => makeVectors(out));

function makeVectors(folder: string): void {
  if (existsSync(folder))
    throw new Error(`${folder} is there already: vectors are never made again`);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`);
  for (const scenario of scenarios()) {
    write(scenario.name, { ...scenario, ...judgeLines(scenario.lines, scenario.mode) });
  }
  const lines: LineVector[] = singleLines().map(({ name, bytes }) => ({
    name,
    bytes: Buffer.from(bytes).toString('hex'),
    ...judgeLine(bytes),
  }));
  write('lines', lines);
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(V1, name), 'utf8'));
const histories = readdirSync(V1)
  .filter((name) => name !== 'lines.json')
  .map((name) => read(name) as Vector);
const lines = read('lines.json') as LineVector[];

test.each(histories)('$name: $about', ({ name: _, about: __, lines: all, mode, ...expected }) => {
  expect(judgeLines(all, mode)).toEqual(expected);
});

test.each(lines)('a line: $name', ({ bytes, id, code }) => {
  const expected = id === undefined ? { code } : { id };
  expect(judgeLine(Buffer.from(bytes, 'hex'))).toEqual(expected);
});

describe('the vectors cover', () => {
  test('every refusal', () => {
    const seen = new Set([
      ...histories.flatMap((one) => one.verdicts),
      ...lines.map((one) => one.code),
    ]);
    expect(Object.keys(REFUSALS).filter((code) => !seen.has(code))).toEqual([]);
  });

  test('every reason to be void', () => {
    const seen = new Set(histories.flatMap((one) => Object.values(one.voids)));
    expect(Object.keys(VOIDS).filter((code) => !seen.has(code))).toEqual([]);
  });

  test('every kind of record, held and not void', () => {
    const seen = new Set<string>();
    for (const { lines: all, ids, verdicts, voids } of histories) {
      for (const [i, line] of allLines(all).entries()) {
        const decoded = decodeText(line, nodePlatform);
        const counts = verdicts[i] === 'held' && !((ids[i] as string) in voids);
        if (decoded.ok && counts) seen.add(decoded.value.act.kind);
      }
    }
    expect([...seen].toSorted()).toEqual([...Object.keys(SCHEMAS), 'unknown'].toSorted());
  });
});
