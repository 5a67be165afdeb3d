// Processes that crash or stand still, and machines that lose their power or sleep, in the world of
// an owner and its hosts.

import type { Key } from '../../proto/ids.ts';
import { hostFrom } from '../../work/host-recovery.ts';
import { startOwner } from '../../work/owner-state.ts';
import { beat, endCopy, tellHost, tellOwner } from './owner-parts.ts';
import {
  type Copy,
  type Faults,
  type Roll,
  type Site,
  type World,
  at,
  every,
  keyOf,
  momentOf,
  on,
} from './owner-world.ts';

const BEAT_MS = 10_000;

export function worldOf(names: readonly string[], roll: Roll, faults: Faults): World {
  const keys = names.map(keyOf);
  const world: World = {
    ...{ roll, faults, self: keys[0] as Key, cut: new Set(), now: 1_000_000, queue: [], order: 0 },
    sites: new Map(keys.map((key) => [key, siteOf(key)])),
    ...{ owner: null, disk: new Map(), copies: [], goes: new Map(), durations: new Map() },
  };
  for (const site of world.sites.values()) {
    startProcess(world, site);
    if (faults.noGuards !== true) guarding(world, site);
  }
  return world;
}

function siteOf(key: Key): Site {
  return {
    ...{ key, bootMs: 0, boots: 1, wallOffMs: 1_800_000_000_000, process: 0, state: 'off' },
    ...{ wokeMs: 0, backlog: [], heard: new Map(), host: null, journal: [], copies: [] },
    ...{ guards: new Map(), receipts: new Map() },
  };
}

const GUARD_LOOK_MS = 5_000;

/** Ends what was not renewed, whatever became of the daemon; a machine that sleeps looks later. */
function guarding(world: World, site: Site): void {
  const look = (): void => {
    at(world, GUARD_LOOK_MS, look);
    if (site.state === 'off' || site.state === 'asleep') return;
    for (const copy of site.copies) {
      const untilMs = site.guards.get(`${copy.tag.id} ${copy.tag.generation}`);
      if (untilMs !== undefined && momentOf(world, site).monoMs >= untilMs)
        endCopy(world, site, copy);
    }
  };
  at(world, world.roll(GUARD_LOOK_MS), look);
}

function startProcess(world: World, site: Site): void {
  site.process += 1;
  site.state = 'up';
  site.heard.clear();
  const now = momentOf(world, site);
  if (site.key === world.self) {
    world.owner = startOwner(site.key, [...world.disk.values()], now);
    every(world, site, 1_000, () => tellOwner(world, { kind: 'look' }));
  }
  site.host = hostFrom(site.key, site.journal, `boot-${site.boots}`, now);
  every(world, site, 1_000, () => tellHost(world, site, { is: 'look' }));
  every(world, site, BEAT_MS, () => beat(world, site));
  tellHost(world, site, { is: 'facts', facts: ROOMY });
  at(world, 200 + world.roll(1_000), () =>
    on(site, () => {
      const found = site.copies.map((copy) => ({
        ...{ tag: copy.tag, startedAtMs: copy.startedMs, image: 'busybox' },
      }));
      tellHost(world, site, { is: 'recovered', found });
    }),
  );
}

const ROOMY = {
  ...{ cpuMilli: 64_000, memMiB: 65_536, diskMiB: 1_000_000, memAvailableMiB: 60_000 },
  ...{ diskAvailableMiB: 900_000, cards: [] },
};

export function crash(world: World, site: Site, downMs: number): void {
  if (site.state !== 'up' && site.state !== 'paused') return;
  site.state = 'dead';
  site.process += 1;
  site.backlog.length = 0;
  if (site.key === world.self) world.owner = null;
  at(world, downMs, () => {
    if (site.state === 'dead') startProcess(world, site);
  });
}

export function powerOff(world: World, site: Site, offMs: number): void {
  if (site.state === 'off') return;
  site.state = 'off';
  site.process += 1;
  site.backlog.length = 0;
  for (const copy of site.copies) copy.endedMs ??= world.now;
  site.copies = [];
  if (site.key === world.self) world.owner = null;
  at(world, offMs, () => {
    site.bootMs = world.now;
    site.boots += 1;
    site.guards.clear();
    startProcess(world, site);
  });
}

/** `paused`: the daemon alone stands still; `asleep`: the machine with all that runs on it. */
export function stand(world: World, site: Site, how: 'paused' | 'asleep', forMs: number): void {
  if (site.state !== 'up') return;
  site.state = how;
  // What sleeps does not run: it goes on as another stretch of the same copy.
  const frozen = how === 'asleep' ? site.copies : [];
  for (const copy of frozen) copy.endedMs = world.now;
  const { process } = site;
  at(world, forMs, () => {
    if (site.process !== process) return;
    site.wokeMs = how === 'asleep' ? world.now : site.wokeMs;
    site.copies = site.copies.map((copy) => {
      if (!frozen.includes(copy)) return copy;
      const again: Copy = { ...copy, startedMs: world.now, endedMs: null };
      world.copies.push(again);
      return again;
    });
    site.state = 'up';
    if (site.key === world.self) tellOwner(world, { kind: 'look' });
    tellHost(world, site, { is: 'look' });
    for (const run of site.backlog.splice(0)) run();
  });
}
