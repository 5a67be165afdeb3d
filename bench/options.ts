// What the options of all benchmarks have in common: parsed strictly, a row that does not exist is
// named, and what is wrong is a sentence for whoever typed it.

import { type ParseArgsConfig, parseArgs } from 'node:util';

type Wanted = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Wanted> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** Each benchmark has these. */
export const COMMON = {
  help: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
} as const satisfies Wanted;

/** The options, or what is wrong with them. */
export function optionsIn<T extends Wanted>(
  args: readonly string[],
  options: T,
  rows: readonly string[],
): Values<T> | string {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { only = [] } = values as { only?: readonly string[] };
    const stranger = only.find((name) => !rows.includes(name));
    if (stranger !== undefined) return `no row is called ${stranger}; there are ${rows.join(', ')}`;
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
