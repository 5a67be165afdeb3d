// Many placers and few hosts, all at once and in trouble: nothing is promised or started twice,
// nothing that was taken is lost, no host promises more than it has. A failure names its seed:
// KITH_SEED=N runs it alone, KITH_SEEDS=N as many from KITH_FIRST on.

import { describe, expect, test } from 'vitest';
import { freeOf } from '../../work/admission.ts';
import { PATIENCE_MS } from '../kit/arbitrary.ts';
import { type World, after, crash, powerOff, runUntil, worldOf } from './host-world.ts';
import { type Placer, begin, killPlacer, placerOf, workOf } from './placers.ts';
import { specOf } from './specs.ts';

const SEEDS = Number(process.env['KITH_SEEDS'] ?? 12);
const FIRST = Number(process.env['KITH_FIRST'] ?? 1);
const ONE = process.env['KITH_SEED'];
const seeds =
  ONE === undefined ? Array.from({ length: SEEDS }, (_, n) => FIRST + n) : [Number(ONE)];

interface Race {
  readonly world: World;
  readonly placers: readonly Placer[];
}

const HOUR = 3_600_000;

function race(seed: number, works: number): Race {
  const world = worldOf(seed, 3);
  const { roll } = world;
  const placers = Array.from({ length: 5 }, (_, n) => placerOf(n));
  runUntil(world, world.now + 5_000);
  world.trouble = true;
  for (let n = 0; n < works; n++) {
    const placer = placers[n % placers.length]!;
    const id = `01JE2HZ6Q3M8Y5T0V7XW9K${String(n).padStart(4, '0')}`;
    const gpu = roll(12) === 0 ? { gpu: { count: 1 + roll(2) } } : {};
    const spec = specOf({
      ...{ id, name: `work-${n}`, job: { image: 'busybox' } },
      resources: {
        ...{
          cpuMilli: 100 + roll(roll(3) === 0 ? 6_000 : 800),
          memMiB: 64 + roll(1_500),
          diskMiB: roll(1_000),
        },
        ...gpu,
      },
      lifecycle: { stopGraceS: 5 },
    });
    begin(world, placer, workOf(world, placer, id, spec));
  }
  disturb(world, placers);
  runUntil(world, world.now + 4 * 60_000);
  world.trouble = false;
  for (const site of world.sites) site.full = false;
  runUntil(world, world.now + 2 * HOUR);
  return { world, placers };
}

/** Somebody is killed, loses power or has a full disk, every few seconds while there is trouble. */
function disturb(world: World, placers: readonly Placer[]): void {
  const { roll, sites } = world;
  if (!world.trouble) return;
  const site = sites[roll(sites.length)]!;
  switch (roll(6)) {
    case 0:
      powerOff(world, site, 1_000 + roll(10_000));
      break;
    case 1:
      site.full = true;
      after(world, roll(3_000), () => {
        site.full = false;
      });
      break;
    case 2:
    case 3:
      killPlacer(world, placers[roll(placers.length)]!, 200 + roll(5_000));
      break;
    default:
      crash(world, site, 300 + roll(5_000));
  }
  after(world, 500 + roll(5_000), () => disturb(world, placers));
}

/** All that must hold of a race that is over. */
function wrongsOf({ world, placers }: Race): string[] {
  const wrongs = [...world.wrongs];
  const starts = new Map<string, string[]>();
  for (const { tag, host, atMs } of world.starts) {
    const start = `generation ${tag.generation} at ${host.slice(0, 6)}, ${atMs}`;
    starts.set(tag.id, [...(starts.get(tag.id) ?? []), start]);
  }
  for (const [id, all] of starts) if (all.length > 1) wrongs.push(`${id}: ${all.join('; ')}`);
  for (const { works } of placers)
    for (const { id, generation, bound, isFollowed } of works) {
      const receipt = bound?.receipts.get(`${id}.${generation}`);
      if (isFollowed && receipt === undefined) wrongs.push(`${id}: taken, and no receipt of it`);
      if (receipt !== undefined && receipt.life.startedAt !== null && !starts.has(id))
        wrongs.push(`${id}: a receipt of a start that never was`);
      if (starts.has(id) && bound === null) wrongs.push(`${id}: started, and nobody's`);
    }
  for (const { key, host, things } of world.sites) {
    if (host === null || host.recovering) wrongs.push(`${key}: did not come back`);
    else if (host.leases.size > 0 || things.size > 0) wrongs.push(`${key}: something is left`);
    else if (freeOf(host).memMiB !== 8_192) wrongs.push(`${key}: room is lost`);
  }
  return wrongs;
}

describe('1,000 requests of five placers at three hosts', () => {
  test(
    'with placers and hosts killed in between',
    () => {
      const over = race(Number(ONE ?? FIRST), 1_000);
      expect(wrongsOf(over)).toEqual([]);
      const followed = over.placers.flatMap(({ works }) => works.filter((it) => it.isFollowed));
      expect(followed.length).toBeGreaterThan(300);
      expect(over.world.starts.length).toBeGreaterThan(300);
    },
    PATIENCE_MS,
  );

  test(
    'the same under many seeds, with fewer',
    () => {
      for (const seed of seeds) expect([seed, wrongsOf(race(seed, 120))]).toEqual([seed, []]);
    },
    PATIENCE_MS,
  );
});
