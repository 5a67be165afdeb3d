// Hosts and placers in one process under a seed: the real step function of the host between a disk
// that forgets what was not synced, drivers that take their time, and a network that loses, delays
// and doubles. Daemons are killed at every line, machines lose power, disks fill up. What starts is
// counted here, from what a driver does, and never from what the host believes.

import type { Key } from '../../proto/ids.ts';
import { type Roll, diceOf } from '../../place/dice.ts';
import type { Request } from '../../work/documents.ts';
import { stepHost } from '../../work/host.ts';
import { hostFrom, snapshotOf } from '../../work/host-recovery.ts';
import type { Effect, Entry, Facts, Host, Input, Said } from '../../work/host-state.ts';
import type { Ending, Lease, Moment, Run, Tag } from '../../work/lease.ts';
import type { Spec } from '../../work/spec.ts';
import { Heap } from './heap.ts';

/** Something that runs, or has ended and is not taken away yet. */
export interface Thing {
  readonly tag: Tag;
  readonly spec: Spec;
  readonly lease: Lease;
  readonly startedAtMs: number;
  run: number;
  ending: Ending | null;
}

export interface Site {
  readonly key: Key;
  readonly facts: Facts;
  /** As the lines of a file. */
  disk: string[];
  unsynced: { seq: number; text: string }[];
  syncing: boolean;
  full: boolean;
  boots: number;
  bootMs: number;
  /** Of the daemon: what an earlier one waited for comes to nobody. */
  process: number;
  host: Host | null;
  readonly things: Map<string, Thing>;
  /** Starts that an engine has been told to make. */
  readonly starting: Set<string>;
  readonly receipts: Map<string, Lease>;
}

export interface World {
  readonly roll: Roll;
  now: number;
  readonly queue: Heap;
  readonly sites: readonly Site[];
  readonly starts: { readonly host: Key; readonly tag: Tag; readonly atMs: number }[];
  readonly answers: Map<string, (said: Said, request: Request) => void>;
  /** Broken rules; must stay empty. */
  readonly wrongs: string[];
  specs: Map<string, Spec>;
  trouble: boolean;
  /** How long a job runs at most. */
  lastsMs: number;
}

export const WALL_MS = 1_800_000_000_000;
/** What is seen to be free is no bound here: what is promised must be one by itself. */
export const SMALL: Facts = {
  ...{ cpuMilli: 8_000, memMiB: 8_704, diskMiB: 11_024 },
  ...{ memAvailableMiB: 80_000, diskAvailableMiB: 80_000 },
  cards: [0, 1].map((n) => ({ uuid: `GPU-${n}`, name: 'A100', vramMiB: 40_960, fit: true })),
};

export function worldOf(seed: number, hosts: number, facts: Facts = SMALL): World {
  const sites = Array.from({ length: hosts }, (_, n) => siteOf(keyOf(`host-${n}`), facts));
  const world: World = {
    ...{ roll: diceOf(seed), now: 1_000_000, queue: new Heap(), sites, starts: [] },
    ...{ answers: new Map(), wrongs: [], specs: new Map(), trouble: false },
    lastsMs: 5_000,
  };
  for (const site of sites) up(world, site);
  return world;
}

export function keyOf(name: string): Key {
  return name.padEnd(43, '-') as Key;
}

function siteOf(key: Key, facts: Facts): Site {
  return {
    ...{ key, facts, disk: [], unsynced: [], syncing: false, full: false, boots: 1, bootMs: 0 },
    ...{ process: 0, host: null, things: new Map(), starting: new Set(), receipts: new Map() },
  };
}

// ---- time

export function after(world: World, delayMs: number, run: () => void): void {
  world.queue.add(world.now + delayMs, run);
}

export function runUntil(world: World, untilMs: number): void {
  for (;;) {
    const event = world.queue.next(untilMs);
    if (event === null) break;
    world.now = event.at;
    event.run();
  }
  world.now = untilMs;
}

function momentOf(world: World, site: Site): Moment {
  return { monoMs: world.now - site.bootMs, wallMs: WALL_MS + world.now };
}

// ---- the daemon of a host

/** The longest that an engine takes for a start that it was told before its daemon died. */
const ENGINE_MS = 400;

function up(world: World, site: Site): void {
  site.process += 1;
  const { process } = site;
  const entries = site.disk.map((line) => JSON.parse(line) as Entry);
  site.host = hostFrom(site.key, entries, `boot-${site.boots}`, momentOf(world, site));
  tell(world, site, { is: 'facts', facts: site.facts });
  const look = (): void => {
    if (site.process !== process) return;
    tell(world, site, { is: 'look' });
    after(world, 1_000, look);
  };
  after(world, world.roll(1_000), look);
  after(world, ENGINE_MS + world.roll(2_000), () => {
    if (site.process !== process) return;
    const found = [...site.things.values()].map(({ tag, startedAtMs }) => ({
      ...{ tag, startedAtMs, image: 'busybox' },
    }));
    tell(world, site, { is: 'recovered', found });
  });
}

/** Whatever it had not synced is lost, or not: a part of it may have reached the disk. */
export function crash(world: World, site: Site, downMs: number): void {
  if (site.host === null) return;
  site.process += 1;
  site.host = null;
  const reached = world.roll(site.unsynced.length + 1);
  site.disk.push(...site.unsynced.slice(0, reached).map(({ text }) => text));
  site.unsynced = [];
  site.syncing = false;
  const { process } = site;
  after(world, downMs, () => {
    if (site.process === process) up(world, site);
  });
}

export function powerOff(world: World, site: Site, offMs: number): void {
  if (site.host === null) return;
  crash(world, site, offMs);
  site.things.clear();
  site.starting.clear();
  site.boots += 1;
  site.bootMs = world.now - 1_000;
}

export function tell(world: World, site: Site, input: Input): void {
  if (site.host === null) return;
  const { host, out } = stepHost(site.host, input, momentOf(world, site));
  site.host = host;
  for (const effect of out) {
    // It may be killed at any line.
    if (world.trouble && world.roll(4_000) === 0) {
      crash(world, site, 500 + world.roll(8_000));
      return;
    }
    perform(world, site, effect);
  }
}

function later(world: World, site: Site, delayMs: number, input: () => Input | null): void {
  const { process } = site;
  after(world, delayMs, () => {
    if (site.process !== process) return;
    const said = input();
    if (said !== null) tell(world, site, said);
  });
}

function perform(world: World, site: Site, effect: Effect): void {
  switch (effect.do) {
    case 'store':
      site.unsynced.push({ seq: effect.seq, text: JSON.stringify(effect.entry) });
      sync(world, site);
      return;
    case 'answer':
      checkPromise(world, site, effect.to, effect.said);
      world.answers.get(effect.re)?.(effect.said, effect.to);
      return;
    case 'drive':
      drive(world, site, effect);
      return;
    case 'receipt': {
      const { lease, run } = effect;
      later(world, site, world.roll(50), () => {
        site.receipts.set(`${lease.id}.${lease.generation}`, lease);
        return { is: 'receipted', of: runOf(lease, run) };
      });
      return;
    }
    case 'adopt': {
      const thing = site.things.get(nameOf(effect.tag));
      if (thing === undefined) return;
      thing.run = effect.run;
      if (thing.ending !== null) report(world, site, thing);
      return;
    }
    default:
  }
}

/** One write for all that waits, as the journal does it. */
function sync(world: World, site: Site): void {
  if (site.syncing) return;
  site.syncing = true;
  const batch = [...site.unsynced];
  later(world, site, 1 + world.roll(10), () => {
    site.syncing = false;
    if (site.full) {
      const from = site.unsynced[0]!.seq;
      site.unsynced = [];
      return { is: 'unstored', from };
    }
    site.disk.push(...batch.map(({ text }) => text));
    site.unsynced = site.unsynced.slice(batch.length);
    if (site.unsynced.length > 0) sync(world, site);
    else if (
      site.disk.length > 200 &&
      site.host !== null &&
      site.host.pending.length <= batch.length
    )
      compact(site);
    return { is: 'stored', upTo: batch.at(-1)!.seq };
  });
}

function compact(site: Site): void {
  if (site.host !== null) site.disk = snapshotOf(site.host).map((entry) => JSON.stringify(entry));
}

// ---- what is looked at, from outside of the host

/** What a daemon that came up now would know of it. */
function onDisk(site: Site, id: string): Lease | null {
  const entries = site.disk.map((line) => JSON.parse(line) as Entry);
  const now = { monoMs: 0, wallMs: 0 };
  return hostFrom(site.key, entries, `boot-${site.boots}`, now).leases.get(id) ?? null;
}

function checkPromise(world: World, site: Site, request: Request, said: Said): void {
  if (said.say !== 'reserved' && said.say !== 'going') return;
  const lease = onDisk(site, request.id);
  const isKept =
    said.say === 'going'
      ? lease === null || lease.life.stage !== 'reserved'
      : lease?.generation === request.generation;
  if (!isKept) world.wrongs.push(`${said.say} ${request.id}: promised, and not on the disk`);
}

function checkStart(world: World, site: Site, thing: Thing): void {
  const { id, generation } = thing.tag;
  const name = `${id} generation ${generation} at ${site.key}`;
  const running = [...site.things.values()].filter(({ ending }) => ending === null);
  if (running.some((other) => other !== thing && other.tag.id === id))
    world.wrongs.push(`${name}: twice at once`);
  const lease = onDisk(site, id);
  if (lease?.generation !== generation || lease.life.stage === 'reserved')
    world.wrongs.push(`${name}: started, and not on the disk`);
  const sum = { cpuMilli: 0, memMiB: 0, diskMiB: 0 };
  const cards = new Set<string>();
  for (const { spec, lease: held } of running) {
    sum.cpuMilli += spec.resources.cpuMilli;
    sum.memMiB += spec.resources.memMiB;
    sum.diskMiB += spec.resources.diskMiB;
    for (const { uuid } of held.charge.cards) {
      if (cards.has(uuid)) world.wrongs.push(`${name}: ${uuid} has two holders`);
      cards.add(uuid);
    }
    if (held.charge.cards.length !== (spec.resources.gpu?.count ?? 0))
      world.wrongs.push(`${name}: other cards than it asked for`);
  }
  const { facts } = site;
  if (sum.cpuMilli > 2 * facts.cpuMilli!) world.wrongs.push(`${name}: too many cores`);
  if (sum.memMiB > facts.memMiB! - 512) world.wrongs.push(`${name}: too much memory`);
  if (sum.diskMiB > facts.diskMiB! - 1_024) world.wrongs.push(`${name}: too much disk`);
}

// ---- drivers

function nameOf({ id, generation }: { id: string; generation: number }): string {
  return `${id}.${generation}`;
}

function runOf({ id, generation }: { id: string; generation: number }, run: number): Run {
  return { id, generation, run };
}

function drive(world: World, site: Site, effect: Extract<Effect, { do: 'drive' }>): void {
  const { act, tag, run } = effect;
  const { roll } = world;
  const of = runOf(tag, run);
  const name = nameOf(tag);
  const fails = (odds: number): boolean => world.trouble && roll(odds) === 0;
  switch (act) {
    case 'prepare':
      later(world, site, roll(300), () =>
        fails(60)
          ? { is: 'failed', of, act, code: 'image-unfetched', why: 'nobody has it' }
          : { is: 'prepared', of },
      );
      return;
    case 'start':
      start(world, site, tag, run);
      return;
    case 'verify':
      later(world, site, roll(100), () =>
        fails(100)
          ? { is: 'failed', of, act, code: 'not-granted', why: 'memory' }
          : { is: 'verified', of, granted: {} },
      );
      return;
    case 'stop':
      if (!fails(3)) after(world, roll(500), () => finish(world, site, name, 0, null));
      return;
    case 'kill':
      if (!fails(4)) after(world, roll(100), () => finish(world, site, name, null, 'SIGKILL'));
      return;
    case 'destroy':
      if (fails(5)) {
        later(world, site, 50, () => ({ is: 'failed', of, act, code: 'engine-silent', why: '' }));
        return;
      }
      // It waits for a start that is under way.
      later(world, site, ENGINE_MS + roll(100), () => {
        site.things.delete(name);
        return { is: 'destroyed', of };
      });
  }
}

function start(world: World, site: Site, tag: Tag, run: number): void {
  const name = nameOf(tag);
  const lease = site.host?.leases.get(tag.id);
  if (lease === undefined || site.starting.has(name)) return;
  const of = runOf(tag, run);
  const { boots } = site;
  const spec = world.specs.get(tag.id)!;
  site.starting.add(name);
  // The engine goes on with it when the daemon dies.
  after(world, world.roll(ENGINE_MS), () => {
    site.starting.delete(name);
    if (site.boots !== boots) return;
    if (world.trouble && world.roll(80) === 0) {
      const failed = { act: 'start', code: 'engine-refused', why: 'it would not' } as const;
      if (site.host !== null) tell(world, site, { is: 'failed', of, ...failed });
      return;
    }
    if (site.things.has(name)) world.wrongs.push(`${name}: started over what is there`);
    const startedAtMs = WALL_MS + world.now;
    const thing: Thing = { tag, spec, lease, startedAtMs, run, ending: null };
    site.things.set(name, thing);
    world.starts.push({ host: site.key, tag, atMs: world.now });
    checkStart(world, site, thing);
    const lastsMs = world.roll(4) === 0 ? world.roll(300) : world.roll(world.lastsMs);
    after(world, lastsMs, () => {
      if (site.things.get(name) === thing) finish(world, site, name, world.roll(4), null);
    });
    later(world, site, world.roll(50), () => ({
      is: 'started',
      of,
      startedAtMs,
      image: 'busybox',
    }));
  });
}

function finish(
  world: World,
  site: Site,
  name: string,
  exit: number | null,
  signal: string | null,
): void {
  const thing = site.things.get(name);
  if (thing === undefined || thing.ending !== null) return;
  thing.ending = { exit, signal, oom: null, endedAtMs: WALL_MS + world.now };
  report(world, site, thing);
}

function report(world: World, site: Site, thing: Thing): void {
  const { ending, tag } = thing;
  if (ending === null) return;
  // Its start is told before its end, as a driver does.
  later(world, site, 60, () => ({ is: 'ended', of: runOf(tag, thing.run), ending }));
}
