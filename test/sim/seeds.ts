// Which runs: one seed, so many events. fixtures/sim/seeds.txt keeps those that once failed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Run {
  readonly seed: number;
  readonly events: number;
}

const FILE = join(import.meta.dirname, '../../fixtures/sim/seeds.txt');

export function keptRuns(): Run[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [seed, events] = line.split(/\s+/).map(Number);
      if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(events)) throw new Error(line);
      return { seed: seed as number, events: events as number };
    });
}

/** What the command line asks for (npm run sim, npm run soak), or null in npm test. */
export function askedRun(): { from: number; seeds: number; events: number } | null {
  const seed = process.env['KITH_SIM_SEED'];
  if (seed === undefined) return null;
  const number = (name: string, otherwise: number): number =>
    Number(process.env[name] ?? otherwise);
  return {
    from: Number(seed),
    seeds: number('KITH_SIM_SEEDS', 1),
    events: number('KITH_SIM_EVENTS', 3_000),
  };
}
