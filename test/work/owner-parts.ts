// An owner and hosts in their world: the real step functions of both, and what they want done is
// done, or lost on the way.

import type { Digest, Key } from '../../proto/ids.ts';
import type { Answer, LeaseState, Receipt, Request, SignedDocument } from '../../work/documents.ts';
import { stepHost } from '../../work/host.ts';
import type { Act, Effect, Input } from '../../work/host-state.ts';
import type { Tag } from '../../work/lease.ts';
import { pastOf } from '../../work/past.ts';
import { shownState } from '../../work/stages.ts';
import { stepOwner } from '../../work/owner.ts';
import { type OwnerInput, type OwnerOut, ownedAnew } from '../../work/owner-state.ts';
import type { Spec } from '../../work/spec.ts';
import {
  type Copy,
  SUSPECT_MS,
  type Site,
  type World,
  ask,
  at,
  momentOf,
  on,
  send,
  siteAt,
} from './owner-world.ts';

export function beat(world: World, site: Site): void {
  const seq = world.now;
  const misses = new Set<Key>();
  for (const [key, { at: heardMs }] of site.heard) {
    if (world.now - heardMs >= SUSPECT_MS) misses.add(key);
  }
  for (const other of world.sites.values()) {
    if (other === site) continue;
    send(world, site.key, other.key, () => {
      const before = other.heard.get(site.key);
      if (before !== undefined && before.seq >= seq) return;
      other.heard.set(site.key, { at: world.now, seq });
      if (other.key === world.self) tellOwner(world, { kind: 'heard', from: site.key });
      const missesUs = misses.has(other.key);
      tellHost(world, other, { is: 'heard', owner: site.key, missesUs });
    });
  }
}

export function tellOwner(world: World, input: OwnerInput): void {
  const { owner } = world;
  const site = siteAt(world, world.self);
  if (owner === null || site.state !== 'up') return;
  const stepped = stepOwner(owner, input, momentOf(world, site));
  world.owner = stepped.owner;
  carryOut(world, site, stepped.out);
}

/** In order: what is behind a `keep` waits for the disk, and dies with the process. */
function carryOut(world: World, site: Site, out: readonly OwnerOut[]): void {
  const first = out.findIndex(({ kind }) => kind === 'keep');
  const now = first === -1 ? out : out.slice(0, first);
  for (const one of now) ownerDoes(world, site, one);
  const keep = out[first];
  if (keep?.kind !== 'keep') return;
  at(world, 1 + world.roll(20), () =>
    on(site, () => {
      world.disk.set(keep.owned.id, keep.owned);
      carryOut(world, site, out.slice(first + 1));
    }),
  );
}

const PAPER: SignedDocument = { document: '', signature: '' };

function ownerDoes(world: World, site: Site, out: OwnerOut): void {
  switch (out.kind) {
    case 'ask': {
      const { request } = out;
      const to = siteAt(world, request.to);
      if (request.say === 'go') noteGo(world, request);
      return ask<Answer>(
        world,
        [site, to],
        (reply) => requestAt(world, to, request, reply),
        (answer) =>
          answer === null
            ? tellOwner(world, { kind: 'silent', request, why: 'no answer' })
            : tellOwner(world, { kind: 'answer', request, answer, evidence: PAPER }),
      );
    }
    case 'status': {
      const { id, generation } = out;
      const to = siteAt(world, out.to);
      return ask<{ state: LeaseState | null }>(
        world,
        [site, to],
        (reply) => reply({ state: stateAt(to, id, generation) }),
        (said) => {
          if (said === null) return;
          const { state } = said;
          tellOwner(world, { kind: 'status', from: to.key, id, generation, state });
        },
      );
    }
    case 'receipt': {
      const to = siteAt(world, out.to);
      return ask<SignedDocument | null>(
        world,
        [site, to],
        (reply) => reply(to.receipts.get(`${out.id} ${out.generation}`) ?? null),
        (paper) => {
          if (paper !== null) receiptCame(world, paper);
        },
      );
    }
    case 'plan': {
      const order = hostsOf(world).filter((key) => !out.avoid.includes(key));
      return tellOwner(world, { kind: 'planned', id: out.id, order, why: 'nobody is alive' });
    }
    default:
  }
}

/** Those that the owner hears, in any order. */
function hostsOf(world: World): Key[] {
  const own = siteAt(world, world.self);
  const alive = [...world.sites.keys()].filter((key) => {
    const heard = own.heard.get(key);
    return key !== world.self && heard !== undefined && world.now - heard.at < SUSPECT_MS;
  });
  return alive.toSorted(() => world.roll(3) - 1);
}

function noteGo(world: World, { id, generation, to }: Request): void {
  const name = `${id} ${generation}`;
  world.goes.set(name, (world.goes.get(name) ?? new Set()).add(to));
}

function receiptCame(world: World, evidence: SignedDocument): void {
  const receipt = evidence.document as unknown as Receipt;
  tellOwner(world, { kind: 'receipt', receipt, evidence });
}

export function placeWork(world: World, spec: Spec & { readonly id: string }): void {
  const site = siteAt(world, world.self);
  const digest = spec.id.padEnd(43, '0') as Digest;
  const owned = ownedAnew(spec, digest, hostsOf(world), momentOf(world, site).wallMs);
  world.disk.set(spec.id, owned);
  tellOwner(world, { kind: 'place', owned });
}

export function tellHost(world: World, site: Site, input: Input): void {
  if (site.host === null || site.state !== 'up') return;
  const { host, out } = stepHost(site.host, input, momentOf(world, site));
  site.host = host;
  for (const effect of out) hostDoes(world, site, effect);
}

const WAITS = new Map<string, (answer: Answer) => void>();

function requestAt(
  world: World,
  site: Site,
  request: Request,
  reply: (answer: Answer) => void,
): void {
  const re = `${site.key} ${world.order++}`.padEnd(43, '0') as Digest;
  WAITS.set(re, reply);
  const seen = world.faults.asHostsSee;
  const told: Request =
    request.say === 'reserve' && seen !== undefined
      ? { ...request, spec: seen(request.spec) }
      : request;
  tellHost(world, site, {
    ...{ is: 'request', re, request: told, estimate: { memMiB: 16, diskMiB: 0 } },
    right: { may: true, grant: null, concurrent: null },
  });
}

function stateAt({ host }: Site, id: string, generation: number): LeaseState | null {
  const lease = host?.leases.get(id);
  if (lease?.generation === generation) return shownState(lease);
  const past = host === null ? undefined : pastOf(host.past, id);
  return past?.generation === generation ? past.state : null;
}

function hostDoes(world: World, site: Site, effect: Effect): void {
  const { roll } = world;
  switch (effect.do) {
    case 'store':
      return at(world, 1 + roll(20), () =>
        on(site, () => {
          site.journal.push(effect.entry);
          tellHost(world, site, { is: 'stored', upTo: effect.seq });
        }),
      );
    case 'answer': {
      const reply = WAITS.get(effect.re);
      WAITS.delete(effect.re);
      const { to } = effect;
      const head = { ...to, from: site.key, to: to.from, at: momentOf(world, site).wallMs };
      return reply?.({ ...head, re: effect.re, ...effect.said });
    }
    case 'drive':
      return drive(world, site, effect);
    case 'adopt': {
      const copy = copyOf(site, effect.tag);
      if (copy === undefined) return;
      copy.run = effect.run;
      return follow(world, site, copy);
    }
    case 'receipt':
      return receiptAt(world, site, effect);
    case 'guard':
      return void site.guards.set(`${effect.tag.id} ${effect.tag.generation}`, effect.untilMs);
    case 'ask':
      return mine(world, site, effect);
    default:
  }
}

function mine(world: World, site: Site, { tag, askedMs }: Extract<Effect, { do: 'ask' }>): void {
  const owner = siteAt(world, tag.owner);
  const { id, generation, digest } = tag;
  const head = { v: 1, id, generation, digest, from: site.key, to: tag.owner } as const;
  const request: Request = { ...head, at: momentOf(world, site).wallMs, say: 'mine' };
  ask<'keep' | 'drop' | null>(
    world,
    [site, owner],
    (reply) => {
      if (world.owner === null) return;
      const now = momentOf(world, owner);
      const { owner: next, out } = stepOwner(world.owner, { kind: 'mine', request }, now);
      world.owner = next;
      for (const one of out) if (one.kind === 'reply') reply(one.say);
    },
    (said) => {
      if (said === null) return;
      tellHost(world, site, { is: 'verdict', id, generation, askedMs, keep: said === 'keep' });
    },
  );
}

function receiptAt(
  world: World,
  site: Site,
  { lease, run }: Extract<Effect, { do: 'receipt' }>,
): void {
  const { id, generation, digest, owner, life, spec } = lease;
  const receipt = {
    ...{ v: 1, id, generation, kind: spec.kind, name: spec.name, digest, host: site.key, owner },
    ...{ startedAt: life.startedAt, endedAt: world.now, exit: life.ending?.exit ?? null },
    ...{ ended: life.outcome === 'done' ? 'done' : 'failed', failure: life.failure },
  };
  const signature = `${site.key} ${id} ${generation}`;
  const paper: SignedDocument = { document: receipt as never, signature };
  at(world, 1 + world.roll(50), () =>
    on(site, () => {
      site.receipts.set(`${id} ${generation}`, paper);
      send(world, site.key, owner, () => receiptCame(world, paper));
      tellHost(world, site, { is: 'receipted', of: { id, generation, run } });
    }),
  );
}

function copyOf(site: Site, { id, generation }: Tag): Copy | undefined {
  return site.copies.find(({ tag }) => tag.id === id && tag.generation === generation);
}

export function endCopy(world: World, site: Site, copy: Copy): void {
  if (!site.copies.includes(copy)) return;
  copy.endedMs = world.now;
  site.copies = site.copies.filter((one) => one !== copy);
}

/** Ends by itself after its time, unless the machine loses it before. */
function follow(world: World, site: Site, { tag, run }: Copy): void {
  const { process } = site;
  const lookAgain = (): void => {
    if (site.process !== process) return;
    const copy = copyOf(site, tag);
    const durationMs = world.durations.get(tag.id) ?? Infinity;
    const ranMs = copy === undefined ? 0 : world.now - copy.startedMs;
    if (copy !== undefined && ranMs >= durationMs && site.state !== 'asleep') {
      endCopy(world, site, copy);
    }
    if (copyOf(site, tag) !== undefined) return at(world, 500, lookAgain);
    const ending = { exit: 0, signal: null, oom: null, endedAtMs: world.now };
    const { id, generation } = tag;
    on(site, () => tellHost(world, site, { is: 'ended', of: { id, generation, run }, ending }));
  };
  at(world, 500, lookAgain);
}

const TAKES_MS: Readonly<Record<Act, number>> = {
  ...{ prepare: 2_000, start: 500, verify: 300, stop: 20_000, kill: 500, destroy: 500 },
};

function drive(
  world: World,
  site: Site,
  { act, tag, run }: Extract<Effect, { do: 'drive' }>,
): void {
  const { id, generation } = tag;
  const of = { id, generation, run };
  const { process } = site;
  const say = (input: Input): void => on(site, () => tellHost(world, site, input));
  at(world, 1 + world.roll(TAKES_MS[act]), () => {
    // An engine does what it was told, also where whoever told it has died since.
    if (site.state === 'off' || site.state === 'asleep') return;
    const copy = copyOf(site, tag);
    if (act === 'start' && copy === undefined) {
      if (site.process !== process) return;
      const begun: Copy = { tag, run, host: site.key, startedMs: world.now, endedMs: null };
      site.copies.push(begun);
      world.copies.push(begun);
      follow(world, site, begun);
      return say({ is: 'started', of, startedAtMs: world.now, image: 'busybox' });
    }
    if (act === 'prepare') return say({ is: 'prepared', of });
    if (act === 'verify') return say({ is: 'verified', of, granted: {} });
    if (act === 'destroy') {
      if (copy !== undefined) endCopy(world, site, copy);
      return say({ is: 'destroyed', of });
    }
    // Half of all work does not listen to a polite word.
    const isDeaf = act === 'stop' && id.charCodeAt(25) % 2 === 0;
    if (copy !== undefined && !isDeaf) endCopy(world, site, copy);
    return undefined;
  });
}
