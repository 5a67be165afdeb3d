// The world of an owner and its hosts: who there is, the time, and a network that loses, delays,
// doubles and cuts one way or both. Work is a thing of the machine: it goes on while the daemon
// beside it is dead. What owner and hosts do in it: owner-parts.ts.

import type { Key } from '../../proto/ids.ts';
import type { SignedDocument } from '../../work/documents.ts';
import type { Entry, Host } from '../../work/host-state.ts';
import type { Moment, Tag } from '../../work/lease.ts';
import type { Owner } from '../../work/owner-state.ts';
import type { Owned } from '../../work/owned.ts';
import type { Spec } from '../../work/spec.ts';

export type Roll = (below: number) => number;

/** Something that runs on a machine, whoever looks after it. */
export interface Copy {
  readonly tag: Tag;
  run: number;
  readonly host: Key;
  readonly startedMs: number;
  endedMs: number | null;
}

export interface Site {
  readonly key: Key;
  /** Where its monotonic clock began. */
  bootMs: number;
  boots: number;
  wallOffMs: number;
  /** Counts starts of the process: what an earlier one has set going is nobody's any more. */
  process: number;
  state: 'up' | 'paused' | 'asleep' | 'dead' | 'off';
  /** When it woke up last. */
  wokeMs: number;
  readonly backlog: (() => void)[];
  /** What was heard of each other node last, by the newest beat. */
  readonly heard: Map<Key, { at: number; seq: number }>;
  host: Host | null;
  readonly journal: Entry[];
  copies: Copy[];
  /** Beside the daemon: until when what runs may, by the clock of this start of the machine. */
  readonly guards: Map<string, number>;
  readonly receipts: Map<string, SignedDocument>;
}

export interface Faults {
  /** In a thousand messages. */
  readonly lost: number;
  readonly doubled: number;
  readonly slow: number;
  /** What a host makes of a spec that it is given: to break what it must keep. */
  readonly asHostsSee?: (spec: Spec) => Spec;
  /** Nobody ends what runs beside a daemon that is dead. */
  readonly noGuards?: boolean;
}

export interface World {
  readonly roll: Roll;
  readonly faults: Faults;
  readonly self: Key;
  readonly sites: ReadonlyMap<Key, Site>;
  /** Directed: FROM>TO. */
  readonly cut: Set<string>;
  now: number;
  queue: { at: number; order: number; run: () => void }[];
  order: number;
  owner: Owner | null;
  readonly disk: Map<string, Owned>;
  /** Every start of a copy, and when each `go` was said to whom. */
  readonly copies: Copy[];
  readonly goes: Map<string, Set<Key>>;
  readonly durations: Map<string, number>;
}

/** After that a node doubts another, and gives it no new work. */
export const SUSPECT_MS = 32_000;
const ASK_MS = 8_000;

export function keyOf(name: string): Key {
  return name.padEnd(43, '-') as Key;
}

export function at(world: World, delayMs: number, run: () => void): void {
  world.queue.push({ at: world.now + delayMs, order: world.order++, run });
}

export function runUntil(world: World, untilMs: number): void {
  for (;;) {
    let best = -1;
    for (let i = 0; i < world.queue.length; i++) {
      const [one, other] = [world.queue[i], world.queue[best]];
      if (one === undefined) continue;
      const isSooner =
        other === undefined ||
        one.at < other.at ||
        (one.at === other.at && one.order < other.order);
      if (isSooner) best = i;
    }
    const next = world.queue[best];
    if (next === undefined || next.at > untilMs) break;
    world.queue[best] = world.queue.at(-1) as (typeof world.queue)[number];
    world.queue.pop();
    world.now = next.at;
    next.run();
  }
  world.now = untilMs;
}

export function momentOf(world: World, site: Site): Moment {
  return { monoMs: world.now - site.bootMs, wallMs: world.now + site.wallOffMs };
}

export function siteAt(world: World, key: Key): Site {
  return world.sites.get(key) as Site;
}

/** Now, or when its process goes on; never where it has died meanwhile. */
export function on(site: Site, run: () => void): void {
  const { process } = site;
  const guarded = (): void => {
    if (site.process === process) run();
  };
  if (site.state === 'up') guarded();
  else if (site.state === 'paused' || site.state === 'asleep') site.backlog.push(guarded);
}

export function every(world: World, site: Site, periodMs: number, run: () => void): void {
  const { process } = site;
  const tick = (): void => {
    if (site.process !== process) return;
    // A timer that is late fires once.
    if (site.state === 'up') run();
    at(world, periodMs, tick);
  };
  at(world, world.roll(periodMs), tick);
}

/** Whether one message gets through, how late, and how often. */
export function send(world: World, from: Key, to: Key, run: () => void): void {
  const { roll, faults, cut } = world;
  if (roll(1_000) < faults.lost) return;
  const times = roll(1_000) < faults.doubled ? 2 : 1;
  for (let i = 0; i < times; i++) {
    const delayMs = roll(1_000) < faults.slow ? 200 + roll(6_000) : 1 + roll(100);
    at(world, delayMs, () => {
      if (!cut.has(`${from}>${to}`) || from === to) on(siteAt(world, to), run);
    });
  }
}

/** A question and its answer, each on its own way; `silent` where none has come in time. */
export function ask<Reply>(
  world: World,
  [from, to]: readonly [Site, Site],
  answer: (reply: (value: Reply) => void) => void,
  heard: (value: Reply | null) => void,
): void {
  const { process } = from;
  let isOver = false;
  const done = (value: Reply | null): void => {
    if (isOver || from.process !== process) return;
    isOver = true;
    on(from, () => heard(value));
  };
  send(world, from.key, to.key, () => {
    answer((value) => send(world, to.key, from.key, () => done(value)));
  });
  at(world, ASK_MS, () => done(null));
}
