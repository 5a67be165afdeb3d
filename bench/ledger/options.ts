// The options of `npm run bench:ledger`.

import { COMMON, optionsIn } from '../options.ts';

export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly write: boolean;
  readonly keep: boolean;
  readonly dir: string;
}

export const HELP = `npm run bench:ledger -- [options]

  --quick       100,000 records instead of 1,000,000, fewer turns; writes no results
  --only ROW    one row (may be repeated); writes no results
  --write       write the results of a --quick run too
  --dir FOLDER  where the ledgers are made: the disk that is measured (bench/data)
  --keep        leave the large ledger there for the next run
`;

const OWN = {
  write: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  dir: { type: 'string', default: 'bench/data' },
} as const;

/** The options, or what is wrong with them. */
export function readOptions(args: readonly string[], rows: readonly string[]): Options | string {
  const options = optionsIn(args, { ...COMMON, ...OWN }, rows);
  if (typeof options === 'string') return options;
  if (options.write && options.only.length > 0) {
    return '--write wants every row: leave out --only';
  }
  return options;
}
