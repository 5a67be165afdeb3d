// Whether a host takes a piece of work: what it has promised already is counted, and what is seen
// to be free is a veto on top. Unknown is never promised. A refusal names the number that is
// missing. Spec: docs/running.md, "Admission".

import type { Refusal } from './documents.ts';
import {
  MARGIN_DISK_MIB,
  MARGIN_MEM_MIB,
  OVERCOMMIT_CPU,
  RESERVE_DISK_MIB,
  RESERVE_MEM_MIB,
} from './host-limits.ts';
import type { GpuCard, Host } from './host-state.ts';
import type { Card, Charge } from './lease.ts';
import { portsFor } from './ports.ts';
import type { GpuWish, Spec } from './spec.ts';

type Amounts = Omit<Charge, 'cards' | 'ports'>;

/** What is free to promise; null: unknown. */
export interface Free {
  readonly cpuMilli: number | null;
  readonly memMiB: number | null;
  readonly diskMiB: number | null;
}

/** What admission charges: the spec's own wish and what the driver needs beside it. */
export interface Estimate {
  readonly memMiB: number;
  readonly diskMiB: number;
}

/** Beside that, which ports somebody else has, and what a free one is chosen by. */
export interface Asked extends Estimate {
  readonly id: string;
  readonly busy: readonly string[];
}

export type Admission = { readonly charge: Charge } | Refusal;

/** The room that a host may still promise, whatever of it is used at this moment. */
export function freeOf(host: Host): Free {
  const { facts } = host;
  const taken = promised(host);
  const left = (total: number | null, kept: number, used: number): number | null =>
    total === null ? null : Math.max(0, total - kept) - used;
  return {
    cpuMilli: left(over(facts.cpuMilli), 0, taken.cpuMilli),
    memMiB: left(facts.memMiB, RESERVE_MEM_MIB, taken.memMiB),
    diskMiB: left(facts.diskMiB, RESERVE_DISK_MIB, taken.diskMiB),
  };
}

function over(cpuMilli: number | null): number | null {
  return cpuMilli === null ? null : cpuMilli * OVERCOMMIT_CPU;
}

function promised({ leases }: Host): Amounts {
  const sum = { cpuMilli: 0, memMiB: 0, diskMiB: 0 };
  for (const { charge } of leases.values()) {
    sum.cpuMilli += charge.cpuMilli;
    sum.memMiB += charge.memMiB;
    sum.diskMiB += charge.diskMiB;
  }
  return sum;
}

/** What is promised and not used yet will be: it is no room, although it is seen to be free. */
function unusedOf({ leases, watched }: Host): Omit<Amounts, 'cpuMilli'> {
  const sum = { memMiB: 0, diskMiB: 0 };
  for (const { id, charge } of leases.values()) {
    const usage = watched.get(id)?.usage;
    sum.memMiB += Math.max(0, charge.memMiB - (usage?.memMiB ?? 0));
    sum.diskMiB += Math.max(0, charge.diskMiB - (usage?.diskMiB ?? 0));
  }
  return sum;
}

/** Of what is seen to be free, as much as nobody was promised; null: unknown. */
export function seenFree(host: Host): Omit<Free, 'cpuMilli'> {
  const { memAvailableMiB, diskAvailableMiB } = host.facts;
  const unused = unusedOf(host);
  const left = (seen: number | null, taken: number, margin: number): number | null =>
    seen === null ? null : Math.max(0, seen - taken - margin);
  return {
    memMiB: left(memAvailableMiB, unused.memMiB, MARGIN_MEM_MIB),
    diskMiB: left(diskAvailableMiB, unused.diskMiB, MARGIN_DISK_MIB),
  };
}

export function admit(host: Host, spec: Spec, asked: Asked): Admission {
  const { cpuMilli, gpu } = spec.resources;
  const wish: Amounts = { cpuMilli, memMiB: asked.memMiB, diskMiB: asked.diskMiB };
  const refusal = noCpu(host, wish) ?? noMemory(host, wish) ?? noDisk(host, wish);
  if (refusal !== null) return refusal;
  const cards = gpu === undefined ? [] : cardsFor(host, gpu);
  if (!Array.isArray(cards)) return cards as Refusal;
  const ports = portsFor(host, spec, asked);
  if ('say' in ports) return ports;
  return { charge: { ...wish, cards, ...(ports.length === 0 ? {} : { ports }) } };
}

function noCpu(host: Host, { cpuMilli: needs }: Amounts): Refusal | null {
  const whole = host.facts.cpuMilli;
  const free = freeOf(host).cpuMilli;
  if (whole === null || free === null) return unknown('no-cpu', 'how many cores it has');
  // More than there are is no matter of sharing.
  const has = Math.min(whole, Math.max(0, free));
  return needs <= has ? null : short('no-cpu', 'thousandths of a core', needs, has);
}

interface Store {
  readonly code: 'no-mem' | 'no-disk';
  readonly of: string;
  readonly free: number | null;
  readonly seen: number | null;
  readonly unused: number;
  readonly margin: number;
}

function noMemory(host: Host, { memMiB }: Amounts): Refusal | null {
  return noMib(memMiB, {
    ...{ code: 'no-mem', of: 'memory', free: freeOf(host).memMiB, margin: MARGIN_MEM_MIB },
    ...{ seen: host.facts.memAvailableMiB, unused: unusedOf(host).memMiB },
  });
}

function noDisk(host: Host, { diskMiB }: Amounts): Refusal | null {
  return noMib(diskMiB, {
    ...{ code: 'no-disk', of: 'disk', free: freeOf(host).diskMiB, margin: MARGIN_DISK_MIB },
    ...{ seen: host.facts.diskAvailableMiB, unused: unusedOf(host).diskMiB },
  });
}

function noMib(needs: number, { code, of, free, seen, unused, margin }: Store): Refusal | null {
  if (free === null || seen === null) return unknown(code, `how much ${of} is free`);
  const promisable = Math.max(0, free);
  if (needs > promisable) return short(code, `MiB of ${of}`, needs, promisable);
  const observed = Math.max(0, seen - unused - margin);
  return needs <= observed ? null : short(code, `MiB of ${of} that are free now`, needs, observed);
}

/** Cards that nobody has; the smallest that will do, and equal ones in the order of their names. */
function cardsFor(host: Host, wish: GpuWish): readonly Card[] | Refusal {
  const { cards } = host.facts;
  if (cards === null) return unknown('no-gpu', 'which cards it has');
  const holders = new Set(
    [...host.leases.values()].flatMap(({ charge }) => charge.cards.map(uuidOf)),
  );
  const fitting = cards.filter((card) => isOfKind(card, wish) && !holders.has(card.uuid));
  const well = fitting.filter(({ fit }) => fit).toSorted(bySize);
  if (well.length >= wish.count)
    return well.slice(0, wish.count).map(({ uuid, name }) => ({ uuid, name }));
  const code = fitting.length >= wish.count ? 'gpu-unhealthy' : 'no-gpu';
  return short(
    code,
    code === 'no-gpu' ? 'such cards' : 'such cards that answer',
    wish.count,
    well.length,
  );
}

function uuidOf({ uuid }: Card): string {
  return uuid;
}

function bySize(a: GpuCard, b: GpuCard): number {
  return (a.vramMiB ?? 0) - (b.vramMiB ?? 0) || (a.uuid < b.uuid ? -1 : 1);
}

function isOfKind({ name, vramMiB }: GpuCard, { vendor, model, minVramMiB }: GpuWish): boolean {
  // Cards are found by NVIDIA's own tool, and no other: what is there is NVIDIA's.
  if (vendor !== undefined && vendor !== 'nvidia') return false;
  if (model !== undefined && !name.toLowerCase().includes(model.toLowerCase())) return false;
  return minVramMiB === undefined || (vramMiB !== null && vramMiB >= minVramMiB);
}

function unknown(code: Refusal['code'], what: string): Refusal {
  return { say: 'refused', code, why: `does not know ${what}` };
}

function short(code: Refusal['code'], of: string, needs: number, has: number): Refusal {
  return { say: 'refused', code, why: `needs ${needs} ${of}, has ${has}`, needs, has };
}
