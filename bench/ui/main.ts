// `npm run bench:ui`: how soon the screens are there, and how soon a key is drawn, in a network of
// 1,000 nodes and 10,000 records. Method: docs/benchmarks.md, "The screens".

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchInFolder } from '../in-folder.ts';
import type { Row } from '../rows.ts';
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

process.exitCode = await benchInFolder({ root: ROOT, bench: 'ui', help: HELP, rowsIn });

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
