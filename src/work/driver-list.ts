// The drivers of this machine, the preferred ones of each kind first. Spec: docs/running.md,
// "Drivers".

import type { Key } from '../../proto/ids.ts';
import type { Driver } from './driver.ts';
import { type ContainerParts, NVIDIA, containerDriver } from './jobs/containers.ts';
import { socketsOf } from './jobs/engine.ts';

/** `state`: the folder of work; `home` names this node on what it starts. */
export function driversHere(state: string, home: Key): readonly Driver[] {
  const sockets = socketsOf(process.env);
  const parts: ContainerParts = { state, home, sockets, cards: NVIDIA, mesh: null };
  return [containerDriver('podman', parts), containerDriver('docker', parts)];
}
