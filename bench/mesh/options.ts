// The options of `npm run bench:mesh`.

import { COMMON, optionsIn } from '../options.ts';

export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly page: boolean;
}

export const HELP = `npm run bench:mesh -- [options]

  --only ROW   one row (may be repeated): lan, nat, heal, plan, change, throughput, relay,
               start, idle
  --quick      few turns; prints, and keeps nothing
  --page       measures nothing: writes the page anew from the results that are kept

A run keeps each row in bench/results/mesh.json as soon as it is measured, in the place of what was
there of that row, and writes the block of docs/benchmarks.md at its end.
`;

/** The options, or what is wrong with them. */
export function readOptions(args: readonly string[], rows: readonly string[]): Options | string {
  return optionsIn(args, { ...COMMON, page: { type: 'boolean', default: false } }, rows);
}
