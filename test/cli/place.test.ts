// `kith place` in a folder: what is refused before anybody is asked, how a spec is read, and what a
// daemon without a mesh can say. With a mesh: test/scenarios/placing.test.ts.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { valueOf } from '../../src/cli/spec-file.ts';
import { fieldRows } from '../../work/fields.ts';
import { founded, up } from '../daemon/daemons.ts';
import { kithInside } from './inside.ts';
import { kith, scratch } from './ledgers.ts';

const folder = scratch('place');
const attic = join(folder, 'attic');
let files = 0;

function specFile(text: string): string {
  const file = join(folder, `spec-${(files += 1)}.yaml`);
  writeFileSync(file, text);
  return file;
}

const HELLO = 'name: hello\njob: { image: busybox }\n';

describe('without a daemon', () => {
  test.each<[string, string[], number, RegExp]>([
    ['no spec', ['--dry-run'], 2, /needs SPEC/],
    [
      'a seed that is none',
      [specFile(HELLO), '--dry-run', '--seed', '-1'],
      2,
      /--seed is no such number: -1/,
    ],
    ['a seed too large', [specFile(HELLO), '--dry-run', '--seed', '4294967296'], 2, /--seed/],
    ['placing without a daemon', [specFile(HELLO)], 1, /no daemon runs/],
    ['no file', [join(folder, 'none'), '--dry-run'], 1, /no such file/],
    ['a folder', [folder, '--dry-run'], 1, /it is a folder/],
    [
      'a typo',
      [specFile(`${HELLO}resources: { memoryy: 8GiB }\n`), '--dry-run'],
      3,
      /\(resources\.memoryy: did you mean memory\?\)\nhint: /,
    ],
    ['no YAML', [specFile('name: [\n'), '--dry-run'], 3, /neither YAML nor JSON \(.*line 2/],
    [
      'a field twice',
      [specFile(`${HELLO}name: other\n`), '--dry-run'],
      3,
      /neither YAML nor JSON \(Map keys must be unique/,
    ],
    [
      'an unknown tag',
      [specFile('name: !secret a\n'), '--dry-run'],
      3,
      /neither YAML nor JSON \(Unresolved tag/,
    ],
    ['two documents', [specFile(`${HELLO}---\n${HELLO}`), '--dry-run'], 3, /neither YAML nor JSON/],
    [
      'an empty value',
      [specFile('name:\njob: { image: a }\n'), '--dry-run'],
      3,
      /name: nothing is not a name/,
    ],
    ['an empty file', [specFile(''), '--dry-run'], 3, /the spec: nothing is not/],
    ['too much', [specFile(`# ${'a'.repeat(131_072)}\n`), '--dry-run'], 3, /too large/],
    ['no daemon', [specFile(HELLO), '--dry-run'], 1, /no daemon/],
  ])('%s is told in two lines', async (_, words, code, said) => {
    const ran = await kithInside(['place', ...words, '--dir', join(folder, 'nowhere')]);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
    expect(ran.err).toMatch(said);
  });

  test('bytes that are no text, and aliases that would grow, are refused', async () => {
    const file = specFile('');
    writeFileSync(file, Buffer.from([0x6e, 0xff]));
    const ran = await kithInside(['place', file, '--dry-run', '--json', '--dir', folder]);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'spec-unreadable' } });
    const bomb = Array.from({ length: 9 }, (_, i) => {
      const last = `*a${i - 1}`;
      return `a${i}: &a${i} [${i === 0 ? 'x' : Array.from({ length: 9 }, () => last).join(', ')}]`;
    });
    expect(await valueOf(bomb.join('\n'))).toMatchObject({ ok: false, code: 'spec-unreadable' });
  });

  test('JSON is read as it is, and YAML 1.2 means what it says', async () => {
    const value = { name: 'a', job: { image: 'b' }, limits: { pids: 5 } };
    expect(await valueOf(JSON.stringify(value))).toEqual({ ok: true, value });
    expect(await valueOf('a: no\nb: 0o10\nc: 2026-12-01T08:00:00Z\nd: 12:30\n')).toEqual({
      ok: true,
      value: { a: 'no', b: 8, c: '2026-12-01T08:00:00Z', d: '12:30' },
    });
  });

  test('--schema lists every field', async () => {
    const json = await kithInside(['place', '--schema', '--json']);
    expect(JSON.parse(json.out)).toEqual({ fields: fieldRows() });
    const lines = (await kithInside(['place', '--schema'])).out.split('\n');
    for (const { path } of fieldRows()) {
      expect(lines.some((line) => line.startsWith(path))).toBe(true);
    }
  });
});

describe('with a daemon that has no mesh', () => {
  beforeAll(async () => {
    expect((await kith(['version'])).code).toBe(0);
    await founded(attic, 'attic');
    await up(attic);
  }, 60_000);

  test('it knows itself: what is missing there, the exit is 6, and nothing has changed', async () => {
    const before = readFileSync(join(attic, 'nodes.jsonl'), 'utf8');
    const listed = readdirSync(attic).toSorted();
    const words = ['place', '-', '--dry-run', '--seed', '7', '--dir', attic];
    const input = `resources: { memory: 60TiB }\n${HELLO}`;
    const asked = async (): Promise<unknown> => {
      const json = await kith([...words, '--json'], { input });
      return [json.code, JSON.parse(json.out)];
    };
    const missing = expect.objectContaining({ code: 'place-no-memory' }) as object;
    // What it has is read a moment after it has begun.
    await expect.poll(asked).toMatchObject([
      6,
      {
        ...{ dryRun: true, policy: 'mostFree', seed: 7, order: [] },
        spec: { name: 'hello', kind: 'job', resources: { memMiB: 62_914_560 } },
        nodes: [
          {
            ...{ name: 'attic', here: true, fits: false, left: null },
            lacks: expect.arrayContaining([missing]) as unknown,
          },
        ],
        error: { code: 'no-node-fits' },
      },
    ]);
    const human = await kith(words, { input });
    expect(human.code).toBe(6);
    expect(human.out.split('\n')).toEqual([
      'job hello: 2 cores, 60 TiB of memory, 1 GiB of disk',
      expect.stringMatching(/^policy mostFree; digest \S{43}$/),
      expect.stringMatching(/^ {2}attic \(this machine\) +- +.*needs 60 TiB of memory/),
      'nothing was changed',
      '',
    ]);
    expect(human.err).toMatch(/^mesh: none: it was started with --no-mesh\nerror: no node can/);
    expect(readFileSync(join(attic, 'nodes.jsonl'), 'utf8')).toBe(before);
    expect(readdirSync(attic).toSorted()).toEqual(listed);
  });
});
