// The drivers of this machine, the preferred ones of each kind first. Spec: docs/running.md,
// "Drivers".

import { join } from 'node:path';
import type { Key } from '../../proto/ids.ts';
import type { Driver } from './driver.ts';
import type { GuestNet } from './guest-net.ts';
import { bubbleDriver } from './jobs/bubbles.ts';
import { NVIDIA, containerDriver } from './jobs/containers.ts';
import { socketsOf } from './jobs/engine.ts';
import { createMachineDriver } from './vms/driver.ts';

export interface DriverParts {
  /** The folder of work: `secrets` and `volumes` lie in it. */
  readonly state: string;
  /** Names this node on what it starts: several may share an engine. */
  readonly home: Key;
  readonly net: GuestNet;
}

export function driversHere({ state, home, net }: DriverParts): readonly Driver[] {
  const containers = {
    ...{ state, home, sockets: socketsOf(process.env), cards: NVIDIA, mesh: net },
  };
  return [
    containerDriver('podman', containers),
    containerDriver('docker', containers),
    bubbleDriver({ state, home }),
    createMachineDriver({ folder: join(state, 'machines'), net }),
  ];
}
