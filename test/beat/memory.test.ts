// What a heart keeps over a restart, also where its files are damaged; and what it lets in.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NOTHING_REMOVED, inForce } from '../../beat/coverage.ts';
import { createInlet } from '../../src/beat/inlet.ts';
import { CHECKS_MAX, HEARSAY_CHECKS_MAX, SOURCE_DATAGRAMS_MAX } from '../../src/beat/limits.ts';
import { readHeard, riseAbove, writeHeard } from '../../src/beat/memory.ts';
import { realDisk } from '../../src/store/disk.ts';
import { keyNamed, recordNamed } from './beats.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an incarnation', () => {
  test('is above all before it, whatever the calendar says', async () => {
    expect(await riseAbove(realDisk, folder, 1_800_000_000_000)).toBe(1_800_000_000);
    expect(await riseAbove(realDisk, folder, 0)).toBe(1_800_000_001);
    expect(await riseAbove(realDisk, folder, -1e15)).toBe(1_800_000_002);
    expect(await riseAbove(realDisk, folder, 0, 1_900_000_000)).toBe(1_900_000_000);
    expect(await riseAbove(realDisk, folder, 2_000_000_000_000)).toBe(2_000_000_000);
  });

  test.each(['', '{', 'null', '7', '{"incarnation":"x"}', '{"incarnation":1e300}'])(
    'begins by the calendar where its file holds %s',
    async (text) => {
      writeFileSync(join(folder, 'beat.json'), text);
      expect(await riseAbove(realDisk, folder, 5_000)).toBe(5);
    },
  );
});

describe('what was heard', () => {
  test('comes back', async () => {
    const removal = { id: recordNamed('r'), key: keyNamed('gone') };
    const coverage = inForce(NOTHING_REMOVED, [removal], 1_000);
    const mark = { incarnation: 3, sequence: 4 };
    const remembered = new Map([
      [keyNamed('alder'), { mark, heardAtMs: 77 }],
      [keyNamed('birch'), { mark, heardAtMs: null }],
    ]);
    await writeHeard(realDisk, folder, { remembered, coverage });
    expect(readHeard(realDisk, folder)).toEqual({ remembered, coverage });
  });

  test('begins anew where the file is anything else', () => {
    const nothing = { remembered: new Map(), coverage: NOTHING_REMOVED };
    expect(readHeard(realDisk, folder)).toEqual(nothing);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue().map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (text) => {
          writeFileSync(join(folder, 'heard.json'), text);
          expect(readHeard(realDisk, folder)).toEqual(nothing);
        },
      ),
    );
    writeFileSync(join(folder, 'heard.json'), '{"members":[7,["x",1,1,1],null],"removals":{}}');
    expect(readHeard(realDisk, folder)).toEqual(nothing);
  });
});

describe('the inlet', () => {
  const times = (count: number, ask: () => boolean): number =>
    Array.from({ length: count }, ask).filter((one) => one).length;

  test('looks at so many datagrams of one address in a second, and at others too', () => {
    const inlet = createInlet();
    expect(times(500, () => inlet.mayRead('a', 10))).toBe(SOURCE_DATAGRAMS_MAX);
    expect(inlet.mayRead('b', 10)).toBe(true);
    expect(inlet.mayRead('a', 1_010)).toBe(true);
  });

  test('leaves members their checks, whatever hearsay comes', () => {
    const inlet = createInlet();
    expect(times(9_999, () => inlet.mayCheck(false, 10))).toBe(HEARSAY_CHECKS_MAX);
    expect(times(9_999, () => inlet.mayCheck(true, 10))).toBe(CHECKS_MAX - HEARSAY_CHECKS_MAX);
    expect(inlet.mayCheck(false, 1_000)).toBe(true);
  });
});
