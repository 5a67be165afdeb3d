// The figures of work for Prometheus: what runs, what is promised and still open, what was refused.
// Spec: docs/daemon.md, "Metrics".

import type { Offer } from '../../beat/offer.ts';
import type { Host } from '../../work/host-state.ts';
import { shownState } from '../../work/stages.ts';
import { type Figure, type Sample, counter, gauge } from '../mesh/metrics.ts';

export interface WorkFigures {
  readonly host: Host;
  readonly offer: Offer;
  /** Refused requests, by their code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Placed from here, and not ended. */
  readonly owned: number;
  /** Receipts that their owners have not got. */
  readonly unsent: number;
}

const MIB = 1024 * 1024;

export function workFigures({ host, offer, refusals, owned, unsent }: WorkFigures): Figure[] {
  const leases = [...host.leases.values()];
  const byState = new Map<string, number>();
  for (const lease of leases) {
    const state = shownState(lease);
    byState.set(state, (byState.get(state) ?? 0) + 1);
  }
  const sum = (of: (charge: (typeof leases)[number]['charge']) => number): number =>
    leases.reduce((total, { charge }) => total + of(charge), 0);
  const one = (value: number): Sample[] => [[{}, value]];
  return [
    gauge('kith_work_active', 'Work that holds room here.', one(leases.length)),
    gauge(
      'kith_work_state',
      'The same by its state.',
      [...byState].map(([state, count]): Sample => [{ state }, count]),
    ),
    counter('kith_work_completed_total', 'Work that has ended well here.', one(host.completed)),
    counter('kith_work_failed_total', 'Work that has failed here.', one(host.failed)),
    gauge('kith_work_reserved', 'Promised to work.', [
      [{ resource: 'cores' }, sum(({ cpuMilli }) => cpuMilli) / 1_000],
      [{ resource: 'memory_bytes' }, sum(({ memMiB }) => memMiB) * MIB],
      [{ resource: 'disk_bytes' }, sum(({ diskMiB }) => diskMiB) * MIB],
      [{ resource: 'cards' }, sum(({ cards }) => cards.length)],
    ]),
    gauge('kith_work_open', 'Still to be promised; what is unknown is left out.', [
      ...known('cores', offer.cpuMilli, 1 / 1_000),
      ...known('memory_bytes', offer.memMib, MIB),
      ...known('disk_bytes', offer.diskMib, MIB),
    ]),
    gauge('kith_work_taking', 'Whether new work is taken, and why not.', [
      [{ state: offer.taking }, Number(offer.taking === 'open')],
    ]),
    counter(
      'kith_work_refused_total',
      'Requests that were refused since the start, by code.',
      Object.entries(refusals).map(([code, count]): Sample => [{ code }, count]),
    ),
    gauge('kith_work_owned', 'Work that was placed from here and has not ended.', one(owned)),
    gauge('kith_work_receipts_unsent', 'Receipts that owners have not got yet.', one(unsent)),
  ];
}

function known(resource: string, amount: number | null, times: number): Sample[] {
  return amount === null ? [] : [[{ resource }, amount * times]];
}
