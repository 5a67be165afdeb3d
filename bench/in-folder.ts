// A benchmark of rows with its options: what it does where nothing is to be measured, and a folder
// of its own on the disk that is meant.

import fs from 'node:fs';
import { join } from 'node:path';
import { COMMON, optionsIn } from './options.ts';
import { type Bench, type Row, measureRows, writePage } from './rows.ts';

export interface InFolder {
  readonly root: string;
  readonly bench: Bench;
  readonly help: string;
  /** `keep`: what is measured is kept. */
  readonly rowsIn: (folder: string, keep: boolean) => readonly Row[];
}

const EXTRA = {
  write: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
  dir: { type: 'string', default: 'bench/data' },
} as const;

/** Measures in a folder that is gone afterwards, and answers the exit code. */
export async function benchInFolder({ root, bench, help, rowsIn }: InFolder): Promise<number> {
  const names = rowsIn('', false).map(({ name }) => name);
  const options = optionsIn(process.argv.slice(2), { ...COMMON, ...EXTRA }, names);
  const done = withoutMeasuring(options, { root, bench, help });
  if (done !== null || typeof options === 'string') return done ?? 2;
  const { only, quick, dir } = options;
  const keep = options.write && !quick;
  fs.mkdirSync(join(root, dir), { recursive: true });
  const folder = fs.mkdtempSync(join(root, dir, `${bench}-`));
  try {
    return await measureRows(root, bench, rowsIn(folder, keep), { only, quick, keep });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The exit code where the options are wrong, ask for help or for the page; null: measure. */
export function withoutMeasuring(
  options: { readonly help: boolean; readonly page: boolean } | string,
  { root, bench, help }: Pick<InFolder, 'root' | 'bench' | 'help'>,
): number | null {
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!options.page) return null;
  writePage(root, bench);
  return 0;
}
