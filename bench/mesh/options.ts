// The options of `npm run bench:mesh`.

import { parseArgs } from 'node:util';

export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly page: boolean;
}

export const HELP = `npm run bench:mesh -- [options]

  --only ROW   one row (may be repeated): lan, nat, heal, plan, change, throughput, idle
  --quick      few turns; prints, and keeps nothing
  --page       measures nothing: writes the page anew from the results that are kept

A run keeps each row in bench/results/mesh.json as soon as it is measured, in the place of what was
there of that row, and writes the block of docs/benchmarks.md at its end.
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
        page: { type: 'boolean', default: false },
      },
    });
    const stranger = values.only.find((name) => !rows.includes(name));
    if (stranger !== undefined) return `no row is called ${stranger}; there are ${rows.join(', ')}`;
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
