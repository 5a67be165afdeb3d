// Parts of rows that run in a process of their own, by name.

import type { Bench } from './bench.ts';

export const PROBES: ReadonlyMap<string, (bench: Bench) => Promise<unknown>> = new Map();
