// What every file of the repository keeps, so that nobody has to say it in a review. Each rule is
// a function of (path, text) that returns what is wrong; each is shown to fire; each exemption has
// its reason and fails the run when it is no longer needed.

import { describe, expect, test } from 'vitest';
import { SOURCES } from '../../src/boot/ready.mjs';
import { filesUnder, importsOf, keptFiles, textOf } from './sources.ts';

type Rule = (path: string, text: string) => string[];

const CODE = ['.ts', '.mjs', '.sh'];
const PROSE = ['.md', '.json', '.proto', '.txt'];
const GENERATED = new Set(['package-lock.json', 'proto/wire.js', 'proto/wire.d.ts']);

const code = files(CODE);
// A suite says what it owns in its `describe`.
const headed = code.filter((path) => !path.endsWith('.test.ts'));
const all = files([...CODE, ...PROSE, '/run', 'kith']);

function files(endings: string[]): string[] {
  const found = ['kith', '.ci/run', ...filesUnder('.', endings)];
  const ours = found.filter((path) => !GENERATED.has(path) && !path.endsWith('package-lock.json'));
  return [...new Set(ours)].filter((path) => !path.startsWith('.') || path.startsWith('.ci/'));
}

const hasHeader: Rule = (path, text) => {
  const [first = '', second = ''] = text.split('\n');
  const comment = first.startsWith('#!') ? second : first;
  return /^(\/\/|\/\*|#) ?\S/.test(comment) ? [] : [`${path}: the first line is no comment`];
};

// A sentence in quotation marks stays in one piece, so that it is found by searching for it.
const TEXT = /(['"`])(?:(?!\1).)*\1/g;

const isNarrow: Rule = (path, text) =>
  text.split('\n').flatMap((line, at) => {
    const counted = /^\s*(\/\/|\/?\*)/.test(line) ? line : line.replaceAll(TEXT, '');
    if ([...counted].length <= 100) return [];
    return [`${path}:${at + 1}: longer than 100 characters (npm run format wraps comments)`];
  });

// Split, so that this file may hold them.
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(TO(?:)DO|FIX(?:)ME|XX(?:)X|HA(?:)CK)\b/, 'finish it, or open an issue'],
  [/\bsub-?age(?:)nts?\b|\bthis ses(?:)sion\b/i, 'a word of a workplace, not of kith'],
  [/\bhelp(?:)ers?\b/i, 'name the thing by what it does'],
  [/\b(clau(?:)de|anthro(?:)pic|chat(?:)gpt|cop(?:)ilot|l(?:)lms?)\b/i, 'a word of a workplace'],
  [/(^|[^.\w])\/(wo(?:)rk\/(main|shared)|ro(?:)ot\/|ho(?:)me\/\w)/, 'a path of one machine'],
  // Tests may compare with published vectors that lie there, and pass without them.
  [/\.\.\/sha(?:)red\b(?!\/vectors)/, 'nothing outside the repository is needed'],
  [/\bregistry\.[a-z]|\bnpm(?:)js\.(org|com)\b/, 'any registry may serve the packages'],
];

const isFreeOfBannedWords: Rule = (path, text) =>
  text
    .split('\n')
    .flatMap((line, at) =>
      BANNED.filter(([word]) => word.test(line)).map(
        ([word, why]) => `${path}:${at + 1}: ${word.exec(line)?.[0]}: ${why}`,
      ),
    );

const hasTellingName: Rule = (path) =>
  /(^|\/)(utils?|help(?:)ers?|common|misc|types|index)(\/|\.[a-z]+$)/.test(path)
    ? [`${path}: name it after what it holds`]
    : [];

// The linter has rules for Date.now and Math.random, and none for this.
const takesTimeFromTheClock: Rule = (path, text) =>
  /\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bhrtime\b/.test(text)
    ? [`${path}: reads the clock: take the time from src/os/clock.ts`]
    : [];

const isShipped = (path: string): boolean => SOURCES.some((one) => path.startsWith(`${one}/`));

/** Files that no rule of this name is asked about, with the reason. */
const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  hasTellingName: {
    'src/store/index.ts': 'the index of the store is a thing of the domain, not a barrel',
  },
  takesTimeFromTheClock: {
    'src/os/clock.ts': 'it is the clock',
  },
  neverImported: {
    'src/main.ts': 'the entry',
    'src/boot/bundle.mjs': 'run by ready.mjs',
    'src/names.ts': 'run by kith-names.service',
    'src/boot/ready.mjs': 'run by ready.sh',
    'src/store/verify-worker.ts': 'a thread of verify-pool.ts, named by where it was built',
    'src/ui/blessed.d.ts': 'the types of a module that has none, beside the one that imports it',
    'src/cli/manual.ts': 'docs/generate.mjs makes docs/commands.md of it',
    'src/cli/screen-keys.ts': 'docs/generate.mjs makes the tables of docs/tui.md of it',
  },
};

interface Guard {
  readonly name: string;
  readonly rule: Rule;
  readonly over: readonly string[];
}

const GUARDS: readonly Guard[] = [
  { name: 'hasHeader', rule: hasHeader, over: [...headed, 'kith', '.ci/run'] },
  { name: 'isNarrow', rule: isNarrow, over: code },
  { name: 'isFreeOfBannedWords', rule: isFreeOfBannedWords, over: all },
  { name: 'hasTellingName', rule: hasTellingName, over: code },
  { name: 'takesTimeFromTheClock', rule: takesTimeFromTheClock, over: code.filter(isShipped) },
];

/** What is wrong, exempt files aside, and the exemptions that are not needed. */
function judge({ name, rule, over }: Guard, read: (path: string) => string): string[] {
  const exempt = EXEMPT[name] ?? {};
  const faults = over.flatMap((path) => (path in exempt ? [] : rule(path, read(path))));
  const needless = Object.keys(exempt).filter((path) => {
    return !over.includes(path) || rule(path, read(path)).length === 0;
  });
  return [
    ...faults,
    ...needless.map((path) => `${path}: its exemption from ${name} is not needed`),
  ];
}

describe('tidiness', () => {
  test.each(GUARDS.map((guard) => [guard.name, guard] as const))('every file: %s', (_, guard) => {
    expect(judge(guard, textOf)).toEqual([]);
  });

  test('enough files were looked at', () => {
    expect(code.length).toBeGreaterThan(70);
    expect(all.length).toBeGreaterThan(code.length + 5);
    for (const path of ['ledger/record.ts', 'test/repo/tidy.test.ts', 'kith', '.ci/run']) {
      expect(all).toContain(path);
    }
  });

  test.each<[string, Rule, string]>([
    ['src/a.ts', hasHeader, `import './b.ts';\n// late\n`],
    ['src/a.ts', hasHeader, ''],
    ['kith', hasHeader, '#!/bin/sh\nset -e\n'],
    ['src/a.ts', isNarrow, `// ${'x'.repeat(98)}\n`],
    ['src/a.ts', isNarrow, ` * \`${'x'.repeat(98)}\`\n`],
    ['src/a.ts', isNarrow, `f('${'x'.repeat(98)}', ${'1 + '.repeat(30)});\n`],
    ['docs/a.md', isFreeOfBannedWords, ['first\nTO', 'DO: later\n'].join('')],
    ['src/a.ts', isFreeOfBannedWords, ['// asked by a sub', 'agent'].join('')],
    ['src/a.ts', isFreeOfBannedWords, ["const path = '/wo", "rk/main/ledger';"].join('')],
    ['src/a.ts', isFreeOfBannedWords, ["read('../sha", "red/design')"].join('')],
    ['package.json', isFreeOfBannedWords, ['"https://regi', 'stry.example.org/a.tgz"'].join('')],
    ['src/utils.ts', hasTellingName, ''],
    ['src/common/a.ts', hasTellingName, ''],
    ['ledger/types.ts', hasTellingName, ''],
    ['ledger/index.ts', hasTellingName, ''],
    ['src/a.ts', takesTimeFromTheClock, 'const t = new Date();'],
    ['src/a.ts', takesTimeFromTheClock, 'const t = Date();'],
    ['src/a.ts', takesTimeFromTheClock, 'process.hrtime.bigint()'],
  ])('%s is told off: %o', (path, rule, text) => {
    expect(rule(path, text).length).toBeGreaterThan(0);
  });

  test('a good file is not told off', () => {
    const text = `// Says what it owns.\n\nf('${'x'.repeat(98)}');\nexport const at = new Date(0); // agenda, /proc\n`;
    for (const { rule } of GUARDS) expect(rule('src/a.ts', text)).toEqual([]);
  });

  test('an exemption that is not needed is told off', () => {
    const guard = { name: 'hasTellingName', rule: () => [], over: ['src/store/index.ts'] };
    expect(judge(guard, () => '')).toEqual([
      'src/store/index.ts: its exemption from hasTellingName is not needed',
    ]);
  });
});

// Engines and editors leave files wherever they were started.
const TOP = new Set([
  ...['.ci', '.gitattributes', '.gitignore', '.npmrc', '.oxlintrc.json', 'LICENSE', 'kith'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'biome.json', 'knip.json'],
  ...['package.json', 'package-lock.json', 'vitest.config.ts'],
  ...['tsconfig.json', 'tsconfig.core.json', 'tsconfig.build.json'],
  ...['test', 'bench', 'fixtures', 'docs', 'demo', 'packages'],
  ...SOURCES,
]);

const isKeptOnPurpose: Rule = (path, text) => [
  ...(text === '' ? [`${path}: it is empty`] : []),
  ...(TOP.has(path.split('/')[0] ?? '')
    ? []
    : [`${path}: nothing of that name belongs at the top`]),
];

describe('what is kept', () => {
  const kept = keptFiles();

  test('is nothing empty, and at the top nothing that is not named', () => {
    expect(kept.length).toBeGreaterThan(all.length);
    expect(kept.flatMap((path) => isKeptOnPurpose(path, textOf(path)))).toEqual([]);
    const top = new Set(kept.map((path) => path.split('/')[0] ?? ''));
    expect([...TOP].filter((name) => !top.has(name))).toEqual([]);
  });

  test.each([
    ['oom', '', 2],
    ['core', 'x', 1],
    ['src/a.ts', '', 1],
    ['src/a.ts', '// Says what it owns.\n', 0],
  ])('%s is told off: %o', (path, text, faults) => {
    expect(isKeptOnPurpose(path, text)).toHaveLength(faults);
  });
});

// A file that only a test imports is not part of the program.
function neverImported(
  paths: readonly string[],
  read: (path: string) => string,
  exempt: Readonly<Record<string, string>>,
): string[] {
  // A worker is named as it is built: x.js beside x.ts.
  const named = new Set(
    paths.flatMap((path) => importsOf(path, read(path)).flatMap((name) => [name, sourceOf(name)])),
  );
  const lost = paths.filter((path) => !named.has(path) && !(path in exempt));
  const needless = Object.keys(exempt).filter((path) => named.has(path) || !paths.includes(path));
  return [
    ...lost.map((path) => `${path}: nothing that is shipped imports it`),
    ...needless.map((path) => `${path}: its exemption from neverImported is not needed`),
  ];
}

function sourceOf(name: string): string {
  return name.replace(/\.js$/, '.ts');
}

describe('what is shipped', () => {
  const modules = code.filter((path) => isShipped(path) && /\.(ts|mjs)$/.test(path));

  test('is all used', () => {
    const shipped = modules.filter((path) => path !== 'proto/generate.mjs');
    expect(neverImported(shipped, textOf, EXEMPT['neverImported'] ?? {})).toEqual([]);
  });

  test('a module that nothing imports is told off, and so is a needless exemption', () => {
    const texts: Record<string, string> = {
      'src/main.ts': `import '../ledger/a.ts';`,
      'src/boot/ready.mjs': `import '../main.ts';`,
      'ledger/a.ts': `new Worker(new URL('./worker.js', import.meta.url));`,
      'ledger/worker.ts': '',
      'ledger/lost.ts': `import './a.ts';`,
    };
    const exempt = { 'src/main.ts': 'the entry', 'src/boot/ready.mjs': 'run by ready.sh' };
    const read = (path: string): string => texts[path] as string;
    expect(neverImported(Object.keys(texts), read, exempt)).toEqual([
      'ledger/lost.ts: nothing that is shipped imports it',
      'src/main.ts: its exemption from neverImported is not needed',
    ]);
  });
});
