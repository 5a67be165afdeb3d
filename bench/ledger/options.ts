// The options of `npm run bench:ledger`.

import { parseArgs } from 'node:util';

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

/** The options, or what is wrong with them. */
export function readOptions(args: readonly string[], rows: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        write: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        dir: { type: 'string', default: 'bench/data' },
      },
    });
    const stranger = values.only.find((name) => !rows.includes(name));
    if (stranger !== undefined) return `no row is called ${stranger}; there are ${rows.join(', ')}`;
    if (values.write && values.only.length > 0) return '--write wants every row: leave out --only';
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
