// Parts of rows that run in a process of their own, by name.

import type { Bench } from './bench.ts';
import { kithTaskProbe } from './kith-tasks.ts';
import { openProbe, openUnverifiedProbe } from './open.ts';

export type Probe = (bench: Bench, args: readonly string[]) => Promise<unknown>;

export const PROBES: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['open', openProbe],
  ['open-unverified', openUnverifiedProbe],
  ['kith-task', kithTaskProbe],
]);
