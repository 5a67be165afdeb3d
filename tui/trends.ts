// How the room of each node went on: a sample each time that the daemon was asked.

import type { Headroom } from '../proto/status.ts';
import type { Key } from '../proto/ids.ts';
import { type Facts, valueOf } from './facts.ts';
import { SAMPLES_MAX } from './limits.ts';
import type { Trend } from './model.ts';

const NONE: Trend = { cpu: [], ram: [], disk: [], gpu: [] };

export function trendsWith(before: ReadonlyMap<Key, Trend>, facts: Facts): ReadonlyMap<Key, Trend> {
  const nodes = valueOf(facts.nodes) ?? [];
  return new Map(
    nodes.map(({ key, headroom }) => {
      const { cpu, ram, disk, gpu } = before.get(key) ?? NONE;
      const used = usedOf(headroom);
      return [
        key,
        {
          cpu: [...cpu, used.cpu].slice(-SAMPLES_MAX),
          ram: [...ram, used.ram].slice(-SAMPLES_MAX),
          disk: [...disk, used.disk].slice(-SAMPLES_MAX),
          gpu: [...gpu, used.gpu].slice(-SAMPLES_MAX),
        },
      ];
    }),
  );
}

type Used = { readonly [Part in keyof Trend]: number | null };

/** What is in use of each, from 0 to 1. */
export function usedOf(room: Headroom | null): Used {
  if (room === null) return { cpu: null, ram: null, disk: null, gpu: null };
  const cards = room.gpus.filter(({ state }) => state === 'fit');
  const loads = cards.flatMap(({ loadPercent }) => (loadPercent === null ? [] : [loadPercent]));
  return {
    cpu: share(room.cpuFreeMilli, room.cpuMilli),
    ram: share(room.ramFreeMib, room.ramMib),
    disk: share(room.diskFreeMib, room.diskMib),
    gpu: loads.length === 0 ? null : loads.reduce((sum, one) => sum + one, 0) / loads.length / 100,
  };
}

function share(free: number | null, whole: number | null): number | null {
  return free === null || whole === null || whole === 0 ? null : 1 - free / whole;
}
