// Whether what runs is limited as its spec says: what was asked for against what the kernel shows
// of the process and its control groups. Every limit is one row of a table, with what it wants and
// what it found; a limit that cannot be seen is not granted. Spec: docs/jobs.md, "Limits".

import type { Json } from '../proto/json.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import {
  idsInside,
  interfacesIn,
  limitOf,
  mountAt,
  type ProcessTexts,
  statusField,
  tmpfsMiB,
} from './kernel-files.ts';
import { cpuQuotaUs, outputFolders } from './container.ts';
import { CPU_PERIOD_US } from './limits.ts';
import type { Spec } from './spec.ts';

/** What was looked at. Control files by their name; a missing one is not there. */
export interface Seen {
  readonly texts: ProcessTexts;
  readonly groups: Readonly<Record<string, string>>;
  /** Whether the machine has swap at all: without it no limit of it is needed. */
  readonly hasSwap: boolean;
  /** Whether it is in the network of the machine itself. */
  readonly isHostNetwork: boolean;
  /** Nodes of cards in its `/dev`; null: nobody could look. */
  readonly cardNodes: readonly string[] | null;
}

export interface Asked {
  readonly spec: Spec;
  readonly cards: number;
}

/** Which limits a driver can hold at all; the others are not looked at, and not in the receipt. */
export type Limit = keyof typeof LIMITS;

interface Look {
  readonly want: Json;
  /** Null: it could not be seen. */
  readonly found: Json | null;
}

const MIB = 1024 * 1024;
const NO_CAPABILITIES = '0000000000000000';
const CAPABILITIES = ['CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'];

const LIMITS = {
  memMiB: ({ spec }: Asked, { groups }: Seen): Look => ({
    want: spec.resources.memMiB,
    found: mebibytes(groups['memory.limit_in_bytes'] ?? groups['memory.max']),
  }),
  swapMiB: ({ spec }: Asked, seen: Seen): Look => ({ want: 0, found: swapOf(spec, seen) }),
  cpuMilli: ({ spec }: Asked, { groups }: Seen): Look => ({
    want: Math.round((cpuQuotaUs(spec) * 1000) / CPU_PERIOD_US),
    found: milliCores(groups),
  }),
  pids: ({ spec }: Asked, { groups }: Seen): Look => ({
    want: spec.limits.pids,
    found: numberOf(groups['pids.max']),
  }),
  nofile: ({ spec }: Asked, { texts }: Seen): Look => ({
    want: spec.limits.nofile,
    found: limitOf(texts.limits, 'Max open files')?.hard ?? null,
  }),
  user: ({ spec }: Asked, { texts }: Seen): Look => ({
    want: spec.job?.user ?? 0,
    found: only(idsInside(texts, 'Uid')),
  }),
  group: ({ spec }: Asked, { texts }: Seen): Look => ({
    want: spec.job?.user ?? 0,
    found: only(idsInside(texts, 'Gid')),
  }),
  capabilities: (_: Asked, { texts }: Seen): Look => ({
    want: 'none',
    found: capabilitiesOf(texts.status),
  }),
  noNewPrivileges: (_: Asked, { texts }: Seen): Look => ({
    want: true,
    found: flag(statusField(texts.status, 'NoNewPrivs'), '1'),
  }),
  seccomp: (_: Asked, { texts }: Seen): Look => ({
    want: true,
    found: flag(statusField(texts.status, 'Seccomp'), '2'),
  }),
  readOnlyRoot: ({ spec }: Asked, { texts }: Seen): Look => ({
    want: spec.job?.readOnlyRoot ?? true,
    found: mountAt(texts.mountinfo, '/')?.options.includes('ro') ?? null,
  }),
  tmpMiB: (asked: Asked, { texts }: Seen): Look => tmpOf(asked, texts),
  network: ({ spec }: Asked, seen: Seen): Look => ({
    want: spec.network.mode === 'none' ? 'none' : 'own',
    found: networkOf(seen),
  }),
  cards: ({ cards }: Asked, { cardNodes }: Seen): Look => ({
    want: cards,
    found: cardNodes?.length ?? null,
  }),
} as const;

export const ALL_LIMITS = Object.keys(LIMITS) as readonly Limit[];

export function granted(
  asked: Asked,
  seen: Seen,
  limits: readonly Limit[] = ALL_LIMITS,
): Result<Readonly<Record<string, Json>>, 'not-granted'> {
  const rows = limits.map((name) => [name, LIMITS[name](asked, seen)] as const);
  const wrong = rows.filter(([, { want, found }]) => found !== want);
  if (wrong.length === 0)
    return ok(Object.fromEntries(rows.map(([name, { want }]) => [name, want])));
  const lacks = wrong.map(
    ([name, { want, found }]) => `${name} is ${said(found)}, not ${said(want)}`,
  );
  return refuse('not-granted', lacks.join('; '));
}

function said(value: Json | null): string {
  if (value === null) return 'unknown';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A limit as the kernel writes it: `max` and its largest number are none. */
function numberOf(text: string | undefined): number | null {
  const value = Number(text?.trim() || 'none');
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function mebibytes(text: string | undefined): number | null {
  const bytes = numberOf(text);
  return bytes === null ? null : bytes / MIB;
}

/** In the old hierarchy memory and swap have one limit together, in the new one each its own. */
function swapOf(spec: Spec, { groups, hasSwap }: Seen): number | null {
  const both = mebibytes(groups['memory.memsw.limit_in_bytes']);
  if (both !== null) return both - spec.resources.memMiB;
  return mebibytes(groups['memory.swap.max']) ?? (hasSwap ? null : 0);
}

function milliCores(groups: Seen['groups']): number | null {
  const [quota, period] =
    groups['cpu.max']?.trim().split(' ') ??
    [groups['cpu.cfs_quota_us'], groups['cpu.cfs_period_us']].map((text) => text?.trim());
  const [part, whole] = [numberOf(quota), numberOf(period)];
  return part === null || whole === null || whole === 0 ? null : Math.round((part * 1000) / whole);
}

/** One number where all four are the same. */
function only(ids: readonly (number | null)[] | null): number | null {
  const [first = null] = ids ?? [];
  return ids?.every((id) => id === first) === true ? first : null;
}

function capabilitiesOf(status: string | null): string | null {
  const sets = CAPABILITIES.map((name) => [name, statusField(status, name)] as const);
  if (sets.some(([, set]) => set === null)) return null;
  const held = sets.filter(([, set]) => set !== NO_CAPABILITIES);
  return held.length === 0 ? 'none' : held.map(([name, set]) => `${name} ${set}`).join(', ');
}

function flag(text: string | null, yes: string): boolean | null {
  return text === null ? null : text === yes;
}

/** A folder of the host lies there where an output does, or a volume. */
function tmpOf({ spec }: Asked, { mountinfo }: ProcessTexts): Look {
  const wish = spec.job?.tmpMiB ?? 0;
  const row = mountAt(mountinfo, '/tmp');
  const isBound = [...spec.mounts.map(({ target }) => target), ...outputFolders(spec)].includes(
    '/tmp',
  );
  if (isBound) return { want: 'a folder', found: row === null ? null : 'a folder' };
  if (wish === 0) return { want: 0, found: row === null ? 0 : row.type };
  return { want: wish, found: row?.type === 'tmpfs' ? tmpfsMiB(row) : null };
}

function networkOf({ texts, isHostNetwork }: Seen): string | null {
  const interfaces = interfacesIn(texts.netDev);
  if (interfaces === null) return null;
  if (isHostNetwork) return 'that of the host';
  return interfaces.length === 0 ? 'none' : 'own';
}
