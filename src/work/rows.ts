// What runs here, as others are shown it: a row for each piece of work that holds room, and for
// each that has ended lately. Spec: docs/running.md, "Lists".

import type { Digest, Key } from '../../proto/ids.ts';
import type { LeaseState } from '../../work/documents.ts';
import type { Host } from '../../work/host-state.ts';
import type { Failure, Lease, Past } from '../../work/lease.ts';
import { allPast } from '../../work/past.ts';
import type { Kind } from '../../work/spec.ts';
import { shownState } from '../../work/stages.ts';

export interface WorkRow {
  readonly host: Key;
  readonly id: string;
  readonly generation: number;
  readonly digest: Digest;
  readonly owner: Key;
  /** Empty, and null, where it has ended and only its name in numbers is remembered. */
  readonly name: string;
  readonly kind: Kind | null;
  readonly state: LeaseState;
  /** What the host is doing about it, finer than the state. */
  readonly stage: string;
  readonly restarts: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly exit: number | null;
  readonly failure: Failure | null;
  readonly image: string | null;
  /** Promised to it. */
  readonly cpuMilli: number;
  readonly memMiB: number;
  readonly diskMiB: number;
  readonly cards: readonly string[];
  /** Where members reach it: its own address on the mesh, or ports of its host as `:80/tcp`. */
  readonly reached: readonly string[];
  /** Used by it just now; null: unknown. */
  readonly usedMemMiB: number | null;
}

export function rowsOf(host: Host, nameOf: (past: Past) => Named | null): WorkRow[] {
  return [
    ...[...host.leases.values()].map((lease) => rowOf(host, lease)),
    ...allPast(host.past).flatMap((past) =>
      past.state === null || host.leases.has(past.id) ? [] : [pastRow(host, past, nameOf(past))],
    ),
  ];
}

/** What is remembered of work that has ended, by its receipt. */
export type Named = Pick<
  WorkRow,
  'name' | 'kind' | 'startedAt' | 'endedAt' | 'exit' | 'failure' | 'image'
>;

const NAMELESS: Named = {
  ...{ name: '', kind: null, startedAt: null, endedAt: null, exit: null, failure: null },
  image: null,
};

function rowOf(host: Host, lease: Lease): WorkRow {
  const { id, generation, digest, owner, spec, charge, life } = lease;
  return {
    ...{ host: host.key, id, generation, digest, owner, name: spec.name, kind: spec.kind },
    ...{ state: shownState(lease), stage: life.stage, restarts: life.restarts },
    ...{ startedAt: life.startedAt, endedAt: life.ending?.endedAtMs ?? null },
    ...{ exit: life.ending?.exit ?? null, failure: life.failure, image: life.image },
    ...{ cpuMilli: charge.cpuMilli, memMiB: charge.memMiB, diskMiB: charge.diskMiB },
    ...{ cards: charge.cards.map(({ name }) => name), reached: reachedAt(lease) },
    usedMemMiB: host.watched.get(id)?.usage.memMiB ?? null,
  };
}

/** Once it was seen to hold. */
function reachedAt({ life: { stage, granted }, charge: { ports = [] } }: Lease): string[] {
  if (stage !== 'running') return [];
  const address = granted?.['address'];
  if (typeof address === 'string') return [address];
  return ports.map(({ hostPort, protocol }) => `:${hostPort}/${protocol}`);
}

function pastRow({ key }: Host, past: Past, named: Named | null): WorkRow {
  const { id, generation, digest, owner, state } = past;
  return {
    ...{ host: key, id, generation, digest, owner, ...(named ?? NAMELESS) },
    ...{ state: state ?? 'failed', stage: 'gone', restarts: 0 },
    ...{ cpuMilli: 0, memMiB: 0, diskMiB: 0, cards: [], reached: [], usedMemMiB: null },
  };
}
