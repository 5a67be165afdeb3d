// `npm run bench:ui`: how soon the screens are there, and how soon a key is drawn, in a network of
// 1,000 nodes and 10,000 records. Method: docs/benchmarks.md, "The screens".

import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMON, optionsIn } from '../options.ts';
import { type Row, measureRows, writePage } from '../rows.ts';
import { coreFindings } from './core.ts';
import { folderOf } from './folder.ts';
import { keyFindings, startFindings } from './program.ts';
import { terminalMissing } from './terminal.ts';

const ROOT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const SHAPE = { nodes: 1_000, records: 10_000 };

const HELP = `npm run bench:ui -- [options]

  --write      keeps each row in bench/results/ui.json as soon as it is measured, and writes the
               block of docs/benchmarks.md
  --only ROW   one row (may be repeated): start, core, key
  --quick      few turns: prints, and keeps nothing
  --dir DIR    where the ledger is made
  --page       measures nothing: writes the page anew from the results that are kept
`;

const EXTRA = {
  write: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
  dir: { type: 'string', default: 'bench/data' },
} as const;

process.exitCode = await bench();

async function bench(): Promise<number> {
  const names = rowsIn('').map(({ name }) => name);
  const options = optionsIn(process.argv.slice(2), { ...COMMON, ...EXTRA }, names);
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.page) {
    writePage(ROOT, 'ui');
    return 0;
  }
  const { only, quick, dir, write } = options;
  fs.mkdirSync(join(ROOT, dir), { recursive: true });
  const folder = fs.mkdtempSync(join(ROOT, dir, 'ui-'));
  try {
    return await measureRows(ROOT, 'ui', rowsIn(folder), { only, quick, keep: write && !quick });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function rowsIn(dir: string): readonly Row[] {
  const main = join(ROOT, 'dist/kith/main.js');
  return [
    {
      name: 'start',
      missing: terminalMissing,
      measure: async (isQuick) => {
        const folder = folderOf(dir, ROOT, SHAPE);
        return { findings: await startFindings({ main, folder }, isQuick ? 3 : 21) };
      },
    },
    {
      name: 'core',
      measure: (isQuick) => ({ findings: coreFindings(SHAPE, isQuick ? 50 : 500) }),
    },
    {
      name: 'key',
      missing: terminalMissing,
      measure: async (isQuick) => {
        const folder = folderOf(dir, ROOT, SHAPE);
        return { findings: await keyFindings({ main, folder, ...SHAPE }, isQuick ? 20 : 100) };
      },
    },
  ];
}
