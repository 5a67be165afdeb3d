// Placers as simple as they can be: each reserves at one host after the other, binds itself on its
// own disk before the first `go`, and says that again until it is answered. They are killed as
// hosts are. The owner of work/owner.ts does more; this is what hosts must stand by themselves.

import type { Digest, Key } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import type { Request } from '../../work/documents.ts';
import type { Right, Said } from '../../work/host-state.ts';
import type { Spec } from '../../work/spec.ts';
import { type Site, WALL_MS, type World, after, keyOf, tell } from './host-world.ts';
import { digestOf } from './naming.ts';

export interface Work {
  readonly id: string;
  readonly spec: Spec;
  readonly digest: Digest;
  /** On the disk of its placer. */
  bound: Site | null;
  generation: number;
  isFollowed: boolean;
  rounds: number;
}

export interface Placer {
  readonly key: Key;
  process: number;
  readonly works: Work[];
}

export function placerOf(n: number): Placer {
  return { key: keyOf(`placer-${n}`), process: 0, works: [] };
}

export function workOf(world: World, placer: Placer, id: string, spec: Spec): Work {
  const digest = digestOf(spec as unknown as Json);
  const work: Work = { id, spec, digest, bound: null, generation: 1, isFollowed: false, rounds: 0 };
  placer.works.push(work);
  world.specs.set(id, spec);
  return work;
}

const ROUNDS_MAX = 8;
const AGAIN_MS = 2_000;

type Say = { readonly say: 'reserve' } | { readonly say: 'go' };

export function killPlacer(world: World, placer: Placer, downMs: number): void {
  placer.process += 1;
  const { process } = placer;
  after(world, downMs, () => {
    if (placer.process !== process) return;
    for (const work of placer.works) if (!work.isFollowed) begin(world, placer, work);
  });
}

export function begin(world: World, placer: Placer, work: Work): void {
  if (work.bound !== null) go(world, placer, work, work.bound);
  else plan(world, placer, work);
}

function plan(world: World, placer: Placer, work: Work): void {
  if (work.rounds >= ROUNDS_MAX) return;
  work.rounds += 1;
  const order = [...world.sites];
  for (let i = order.length - 1; i > 0; i--) {
    const other = world.roll(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  reserve(world, placer, work, order);
}

function reserve(world: World, placer: Placer, work: Work, order: readonly Site[]): void {
  const [site, ...rest] = order;
  if (site === undefined) {
    own(world, placer, 1_000 + world.roll(5_000 * work.rounds), () => plan(world, placer, work));
    return;
  }
  const request = requestOf(world, placer, work, site, { say: 'reserve' });
  ask(world, placer, site, request, 4, (said) => {
    if (said === null || said.say === 'refused') {
      reserve(world, placer, work, rest);
      return;
    }
    work.bound = site;
    go(world, placer, work, site);
  });
}

function go(world: World, placer: Placer, work: Work, site: Site): void {
  const request = requestOf(world, placer, work, site, { say: 'go' });
  ask(world, placer, site, request, 1_000, (said) => {
    if (said === null) return;
    if (said.say === 'going') {
      work.isFollowed = true;
    } else if (said.say === 'refused' && (said.code === 'recovering' || said.code === 'draining')) {
      own(world, placer, AGAIN_MS, () => go(world, placer, work, site));
    } else {
      // The host says that it has not been started and will not be.
      work.bound = null;
      work.generation += 1;
      plan(world, placer, work);
    }
  });
}

function requestOf(
  world: World,
  { key }: Placer,
  { id, digest, generation, spec }: Work,
  site: Site,
  { say }: Say,
): Request {
  const at = WALL_MS + world.now;
  const head = { v: 1, id, generation, digest, from: key, to: site.key, at } as const;
  return say === 'reserve' ? { ...head, say, spec } : { ...head, say };
}

/** The same request until it is answered; null: never. Only the first answer counts. */
function ask(
  world: World,
  placer: Placer,
  site: Site,
  request: Request,
  tries: number,
  heard: (said: Said | null) => void,
): void {
  const re = digestOf(request as unknown as Json);
  const { process } = placer;
  let isOver = false;
  const over = (said: Said | null): void => {
    // An answer comes to the process that asked, or to nobody.
    if (isOver || placer.process !== process) return;
    isOver = true;
    heard(said);
  };
  world.answers.set(re, (said) => carry(world, () => over(said)));
  const attempt = (left: number): void => {
    if (isOver || placer.process !== process) return;
    if (left === 0) {
      over(null);
      return;
    }
    deliver(world, site, request, re);
    after(world, AGAIN_MS, () => attempt(left - 1));
  };
  attempt(tries);
}

const MAY: Right = { may: true, grant: null, concurrent: null };

function deliver(world: World, site: Site, request: Request, re: Digest): void {
  carry(world, () => {
    const estimate =
      request.say === 'reserve'
        ? { memMiB: request.spec.resources.memMiB, diskMiB: request.spec.resources.diskMiB }
        : null;
    tell(world, site, { is: 'request', re, request, right: MAY, estimate });
  });
}

/** Lost, late, doubled. */
function carry(world: World, run: () => void): void {
  const { roll } = world;
  if (world.trouble && roll(30) === 0) return;
  const times = world.trouble && roll(20) === 0 ? 2 : 1;
  for (let i = 0; i < times; i++)
    after(world, world.trouble && roll(40) === 0 ? roll(40_000) : 1 + roll(20), run);
}

/** What a placer does later, if it is still the same process. */
function own(world: World, placer: Placer, delayMs: number, run: () => void): void {
  const { process } = placer;
  after(world, delayMs, () => {
    if (placer.process === process) run();
  });
}
