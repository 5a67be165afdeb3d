// The drivers of this machine, the preferred ones of each kind first. Spec: docs/running.md,
// "Drivers".

import { join } from 'node:path';
import type { Key } from '../../proto/ids.ts';
import type { Driver } from './driver.ts';
import type { GuestNet } from './guest-net.ts';
import { createJobDrivers } from './jobs/drivers.ts';
import { createMachineDriver } from './vms/driver.ts';

export interface DriverParts {
  /** The folder of work: `secrets` and `volumes` lie in it. */
  readonly state: string;
  /** Names this node on what it starts: several may share an engine. */
  readonly home: Key;
  readonly net: GuestNet;
}

export function driversHere({ state, home, net }: DriverParts): readonly Driver[] {
  return [
    ...createJobDrivers({ state, home, mesh: net }),
    createMachineDriver({ folder: join(state, 'machines'), net }),
  ];
}
