// Parts of rows that run in a process of their own, by name.

import type { Bench } from './bench.ts';
import { openProbe, openUnverifiedProbe } from './open.ts';

export const PROBES: ReadonlyMap<string, (bench: Bench) => Promise<unknown>> = new Map([
  ['open', openProbe],
  ['open-unverified', openUnverifiedProbe],
]);
