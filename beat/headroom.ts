// How much room a host says it has. Unknown is a value: a figure that could not be had is null and
// never zero, and a card that does not answer is unhealthy and never absent.
// Spec: docs/heartbeat.md, "Headroom".

import type { GpuState, Headroom } from '../proto/status.ts';
import type { kith } from '../proto/wire.js';
import { GPUS_MAX, GPU_NAME_CHARS_MAX } from './limits.ts';

const STATES: readonly GpuState[] = ['fit', 'unhealthy', 'split'];
const PRINTABLE = /^[\x20-\x7e]*$/;

export function headroomFields(room: Headroom): kith.BeatHeadroom {
  const gpus = room.gpus.map(({ name, state, ...figures }) => ({
    ...figures,
    name: name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, GPU_NAME_CHARS_MAX),
    state: STATES.indexOf(state),
  }));
  return { ...room, gpus };
}

/** Null where no honest sender writes so. */
export function readHeadroom(from: kith.BeatHeadroom): Headroom | null {
  if (from.gpus.length > GPUS_MAX) return null;
  const isNamed = ({ name }: kith.BeatGpu): boolean =>
    name.length <= GPU_NAME_CHARS_MAX && PRINTABLE.test(name);
  if (!from.gpus.every(isNamed)) return null;
  return {
    cpuMilli: from.cpuMilli ?? null,
    cpuFreeMilli: from.cpuFreeMilli ?? null,
    ramMib: from.ramMib ?? null,
    ramFreeMib: from.ramFreeMib ?? null,
    diskMib: from.diskMib ?? null,
    diskFreeMib: from.diskFreeMib ?? null,
    loadCenti: from.loadCenti ?? null,
    gpuCount: from.gpuCount ?? null,
    gpus: from.gpus.map((gpu) => ({
      name: gpu.name,
      vramMib: gpu.vramMib ?? null,
      vramFreeMib: gpu.vramFreeMib ?? null,
      loadPercent: gpu.loadPercent ?? null,
      // A state of a later version is one that we do not know to be fit.
      state: STATES[gpu.state] ?? 'unhealthy',
    })),
  };
}
