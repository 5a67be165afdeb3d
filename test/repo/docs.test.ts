// The documents say what the sources say: every code of every table of refusals, and the numbers
// that stand in more than one place.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blocksOf, fill, PAGES } from '../../docs/generate.mjs';
import manifest from '../../package.json' with { type: 'json' };
import { SOURCES } from '../../src/boot/ready.mjs';
import { withKeys } from '../../src/cli/screen-keys.ts';
import { filesUnder, ROOT, textOf } from './sources.ts';

type Table = Readonly<Record<string, { readonly what: string }>>;

const TABLE = /^export const (\w*(?:REFUSALS|VOIDS|FAULTS|FAILURES))\b/gm;

/** Every table of codes that is shipped, as `file name`. */
async function tablesOfCodes(): Promise<Map<string, Table>> {
  const tables = new Map<string, Table>();
  const files = SOURCES.flatMap((folder) => filesUnder(folder, ['.ts']));
  for (const file of files) {
    for (const [, name = ''] of textOf(file).matchAll(TABLE)) {
      const module = (await import(join(ROOT, file))) as Record<string, Table>;
      tables.set(`${file} ${name}`, module[name] as Table);
    }
  }
  return tables;
}

describe('docs', () => {
  test.each(PAGES)(
    '%s holds the tables as the sources have them (else: npm run docs)',
    async (page) => {
      const tables = await tablesOfCodes();
      const text = textOf(page);
      expect(fill(text, (file: string, name: string) => tables.get(`${file} ${name}`) ?? {})).toBe(
        text,
      );
    },
  );

  test('every table of codes has its place in a document', async () => {
    const tables = await tablesOfCodes();
    expect(tables.size).toBeGreaterThan(5);
    const placed = PAGES.flatMap((page) => blocksOf(textOf(page)));
    expect(placed.toSorted()).toEqual([...tables.keys()].toSorted());
    for (const code of [...tables.values()].flatMap((table) => Object.keys(table))) {
      expect(textOf('docs/errors.md')).toContain(`| \`${code}\` |`);
    }
  });

  test('docs/tui.md names the keys as the screens read them (else: npm run docs)', () => {
    const text = textOf('docs/tui.md');
    expect(text).toContain('| F12 or C |');
    expect(withKeys(text)).toBe(text);
    expect(withKeys(text.replace('| F12 or C |', '| F12 or X |'))).toBe(text);
  });

  test('a table that lacks a code is noticed', () => {
    const table = { first: { what: 'one' }, second: { what: 'two' } };
    const before = 'a\n<!-- table: x.ts X -->\n<!-- end -->\nb\n';
    const page = fill(before, () => table);
    expect(page).toBe(
      'a\n<!-- table: x.ts X -->\n| code | what happened |\n| --- | --- |\n' +
        '| `first` | one |\n| `second` | two |\n<!-- end -->\nb\n',
    );
    expect(fill(page, () => table)).toBe(page);
    expect(fill(page, () => ({ first: table.first }))).not.toBe(page);
  });
});

describe('the floor of Node', () => {
  test('is one number in the manifest, the launcher and the entry', () => {
    const floor = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node);
    const [, major, minor] = floor ?? [];
    expect(textOf('src/boot/ready.sh')).toContain(
      `v[0] > ${major} || (v[0] === ${major} && v[1] >= ${minor})`,
    );
    expect(textOf('src/main.ts')).toContain(`[${major}, ${minor}]`);
  });
});

describe('the folders that are built', () => {
  test('are the same for the compiler, the launcher and the build', () => {
    const settings = readFileSync(join(ROOT, 'tsconfig.json'), 'utf8');
    const include = /"include": \[(.*)\]/.exec(settings)?.[1] ?? '';
    expect(include.split(', ').map((name) => name.slice(1, -1))).toEqual(SOURCES);
    const launcher = textOf('kith');
    for (const folder of SOURCES) expect(launcher).toContain(`"$root/${folder}"`);
  });

  test('stand on packages of exact versions', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.length).toBeGreaterThan(10);
    for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('the pictures', () => {
  const pages = ['README.md', ...filesUnder('docs', ['.md'])];
  const shown = pages.flatMap((page) =>
    [...textOf(page).matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) =>
      join(dirname(page), path),
    ),
  );

  test.each(shown)('%s is there, and small', (path) => {
    expect(statSync(join(ROOT, path)).size).toBeLessThan(150_000);
  });

  test('each that is drawn is shown', () => {
    const drawn = readdirSync(join(ROOT, 'docs/pictures'));
    expect(drawn.length).toBeGreaterThan(5);
    for (const name of drawn) expect(shown).toContain(`docs/pictures/${name}`);
  });
});
