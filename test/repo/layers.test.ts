// Who may import whom (docs/architecture.md, "Folders"), each rule with its reason. The compiler
// keeps Node out of the cores a second time; both guards are shown to fire.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { filesUnder, importsOf, ROOT, textOf, tinyRepository } from './sources.ts';

interface Layer {
  readonly folder: string;
  /** Folders (ending in `/`), files, packages, and `node:`. Its own folder is always allowed. */
  readonly mayImport: readonly string[];
  readonly reason: string;
}

const PACKAGES = Object.keys(manifest.dependencies);
const TOOLS = Object.keys(manifest.devDependencies);
const CORES = ['proto/', 'ledger/', 'pairing/', 'beat/', 'wg/', 'work/', 'place/', 'tui/'];

// The first row whose folder holds the file is its rule.
const LAYERS: readonly Layer[] = [
  {
    folder: 'proto/generate.mjs',
    mayImport: ['node:', 'protobufjs', 'protobufjs-cli/pbjs.js'],
    reason: 'the generator of the wire code is a tool and not part of the leaf',
  },
  {
    folder: 'proto/',
    mayImport: ['@noble/curves/', '@noble/hashes/', '@scure/base', 'protobufjs/minimal.js'],
    reason:
      'the leaf is pure and everyone stands on it: bytes and sums, nothing of Node or of ours',
  },
  {
    folder: 'ledger/',
    mayImport: ['proto/'],
    reason:
      'a core is a function of its inputs, so that it runs under a simulated disk, network and ' +
      'clock; and no core knows another, src/derive.ts couples them',
  },
  {
    folder: 'pairing/',
    mayImport: ['proto/'],
    reason: 'a core, like the ledger: the ceremony does not know what is admitted by it',
  },
  {
    folder: 'beat/',
    mayImport: ['proto/'],
    reason: 'a core: it knows who is heard, and nothing of who belongs or how packets travel',
  },
  {
    folder: 'wg/',
    mayImport: ['proto/'],
    reason: 'a core, like the ledger: the mesh does not know why somebody is a member',
  },
  {
    folder: 'work/',
    mayImport: ['proto/'],
    reason: 'a core: it knows what work is asked for, and nothing of the nodes that could do it',
  },
  {
    folder: 'place/',
    mayImport: ['proto/'],
    reason: 'a core: it ranks nodes by what they have, and does not know how that became known',
  },
  {
    folder: 'tui/',
    mayImport: ['proto/'],
    reason: 'a core: screens are functions of what is known, and know no terminal and no command',
  },
  {
    folder: 'src/ui/terminal.ts',
    mayImport: ['node:', 'tui/', 'src/ui/canvas.ts', 'src/ui/key-stream.ts', 'blessed'],
    reason: 'the one file that knows the terminal, so that another can take its place',
  },
  {
    folder: 'src/boot/bundle.mjs',
    mayImport: ['node:', 'rolldown'],
    reason: 'a step of the build: it runs once the packages are there, on what was compiled',
  },
  {
    folder: 'src/boot/',
    mayImport: ['node:'],
    reason: 'it runs before anything is installed or built',
  },
  {
    folder: 'src/main.ts',
    mayImport: ['src/cli/'],
    reason: 'the entry looks at the version of Node and hands over, before anything else is loaded',
  },
  {
    folder: 'src/cli/',
    mayImport: ['node:', ...CORES, 'src/', '!src/boot/', 'package.json', ...PACKAGES],
    reason: 'the command line is the outermost layer: it may use all that is shipped',
  },
  {
    folder: 'src/',
    mayImport: ['node:', ...CORES, '!src/cli/', '!src/main.ts', '!src/boot/', ...PACKAGES],
    reason: 'the shell does the I/O for any caller: it prints nothing and parses no arguments',
  },
  {
    folder: 'docs/',
    mayImport: ['node:', '(computed)'],
    reason: 'documents are made from what is built, by a script that needs nothing else',
  },
  {
    folder: 'packages/',
    mayImport: ['node:', 'dist/src/cli/'],
    reason: 'a package is made of what is built, by scripts that need nothing else',
  },
  {
    folder: 'bench/',
    mayImport: ['node:', ...CORES, 'src/', 'test/kit/', 'test/lab/', ...PACKAGES, ...TOOLS],
    reason:
      'a benchmark measures what is shipped; what its peers need, they install for themselves',
  },
  {
    folder: 'demo/',
    mayImport: ['node:', 'src/', 'test/lab/', 'test/kit/box.ts', 'test/tui/session.ts'],
    reason:
      'a demonstration shows what a person can type: it plays in the laboratory, with the image and ' +
      'the terminals of the tests, and knows no core',
  },
  {
    folder: 'test/',
    mayImport: ['node:', ...CORES, 'src/', 'bench/', 'demo/', 'docs/', 'fixtures/', 'package.json']
      .concat(PACKAGES, TOOLS)
      .concat('vitest/node', '(computed)'),
    reason: 'a test may look at everything that is shipped, and nothing imports a test',
  },
];

/** Each import of the module that its layer does not allow, with the reason. */
function violationsOf(path: string, text: string): string[] {
  const layer = LAYERS.find(({ folder }) => path.startsWith(folder));
  if (layer === undefined)
    return [`${path}: no layer holds this folder; give it a row and a reason`];
  const wrong = importsOf(path, text).filter((name) => !allows(layer, name));
  return wrong.map((name) => `${path} imports ${name}: ${layer.reason}`);
}

function allows({ folder, mayImport }: Layer, name: string): boolean {
  const matches = (rule: string): boolean =>
    name === rule || ((rule.endsWith('/') || rule === 'node:') && name.startsWith(rule));
  if (mayImport.some((rule) => rule.startsWith('!') && matches(rule.slice(1)))) return false;
  if (folder.endsWith('/') && name.startsWith(folder)) return true;
  return mayImport.some(matches) || PACKAGES.some((its) => isEntryOf(its, name, mayImport));
}

// A package that is allowed by its name is allowed with its own entries, such as `x/minimal.js`.
function isEntryOf(name: string, specifier: string, mayImport: readonly string[]): boolean {
  return mayImport.includes(name) && specifier.startsWith(`${name}/`);
}

const MODULES = filesUnder('.', ['.ts', '.mjs']).filter(
  (path) => path.includes('/') && !path.startsWith('bench/peers/') && !path.endsWith('.d.ts'),
);

describe('import directions', () => {
  test('every module of the repository keeps them', () => {
    expect(MODULES.flatMap((path) => violationsOf(path, textOf(path)))).toEqual([]);
  });

  test('enough modules and imports were seen for that to mean something', () => {
    const imports = MODULES.flatMap((path) => importsOf(path, textOf(path)));
    expect(MODULES.length).toBeGreaterThan(60);
    expect(imports.length).toBeGreaterThan(MODULES.length * 2);
    for (const { folder } of LAYERS) {
      // The command line is written last; its row must not wait for it.
      if (folder === 'src/cli/') continue;
      expect(
        MODULES.some((path) => path.startsWith(folder)),
        folder,
      ).toBe(true);
    }
  });

  const CORE_REASON = 'a core is a function of its inputs';
  test.each([
    ['ledger/x.ts', `import { readFile } from 'node:fs/promises';`, CORE_REASON],
    ['ledger/x.ts', `import type { Server } from "node:net";`, CORE_REASON],
    ['ledger/x.ts', `import 'fs';`, CORE_REASON],
    ['ledger/x.ts', `const fs = await import('node:fs');`, CORE_REASON],
    ['ledger/x.ts', 'const fs = await import(`node:fs`);', CORE_REASON],
    ['ledger/x.ts', `type Socket = import('node:net').Socket;`, CORE_REASON],
    ['ledger/x.ts', `export { store } from '../src/store/store.ts';`, CORE_REASON],
    ['ledger/x.ts', `export * from '../src/derive.ts';`, CORE_REASON],
    ['ledger/x.ts', `export type { Plan } from '../wg/plan.ts';`, CORE_REASON],
    ['ledger/x.ts', `import { a } from /* quietly */ 'level';`, CORE_REASON],
    ['ledger/x.ts', `import { a } from // quietly\n  'level';`, CORE_REASON],
    ['ledger/x.ts', `import {\n  a,\n} from '../proto/../src/main.ts';`, CORE_REASON],
    ['ledger/x.ts', `const name = 'node:fs'; await import(name);`, CORE_REASON],
    ['ledger/x.ts', `const fs = require('fs');`, CORE_REASON],
    ['ledger/x.ts', `import fs = require('fs');`, CORE_REASON],
    ['ledger/x.ts', `new Worker(new URL('../src/worker.ts', import.meta.url));`, CORE_REASON],
    ['proto/x.ts', `import type { Line } from '../ledger/record.ts';`, 'the leaf is pure'],
    ['proto/x.ts', `import protobuf from 'protobufjs';`, 'the leaf is pure'],
    ['src/store/x.ts', `import { print } from '../cli/print.ts';`, 'it prints nothing'],
    ['src/x.ts', `import fc from 'fast-check';`, 'the shell does the I/O'],
    ['src/x.ts', `import { world } from '../test/kit/world.ts';`, 'the shell does the I/O'],
    ['src/main.ts', `import { store } from './store/store.ts';`, 'hands over'],
    ['src/boot/x.mjs', `import level from 'level';`, 'before anything is installed'],
    ['demo/x.ts', `import { apply } from '../ledger/replica.ts';`, 'what a person can type'],
    ['bench/x.ts', `import { a } from '../test/ledger/x.test.ts';`, 'measures what is shipped'],
    ['web/x.ts', '', 'give it a row and a reason'],
  ])('%s is told off for: %s', (path, text, reason) => {
    const found = violationsOf(path, text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });

  test.each([
    ['ledger/x.ts', `import type { Key } from '../proto/ids.ts';\nimport './chain.ts';`],
    ['proto/x.ts', `import { ed25519 } from '@noble/curves/ed25519.js';`],
    ['src/x.ts', `import { open } from 'node:fs/promises';\nimport { Level } from 'level';`],
    ['src/cli/x.ts', `import { open } from '../store/store.ts';`],
  ])('%s may say: %s', (path, text) => {
    expect(violationsOf(path, text)).toEqual([]);
  });
});

describe('the compiler over the cores', () => {
  test.each([
    [`import { readFileSync } from 'node:fs';\nreadFileSync('x');`],
    [`import { readFile } from 'node:fs/promises';\nvoid readFile('x');`],
    [`Buffer.from('x');`],
    [`setTimeout(() => {}, 1);`],
    [`console.log('x');`],
    [`process.exit();`],
    [`performance.now();`],
    [`void fetch('x');`],
  ])('rejects: %s', (line) => {
    expect(compileAsCore(line)).toMatch(/bad\.ts\(\d+,\d+\): error TS/);
  });

  test('accepts what is of the language alone', () => {
    expect(compileAsCore('new Uint8Array(2).fill(1);')).toBe('');
  });
});

function compileAsCore(line: string): string {
  const folder = tinyRepository({ 'ledger/bad.ts': `${line}\nexport {};\n` });
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const run = spawnSync(tsc, ['-p', 'tsconfig.core.json'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return run.stdout;
}
