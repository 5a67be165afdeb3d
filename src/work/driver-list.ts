// The drivers of this machine, the preferred ones of each kind first: a host runs work with the
// first that is usable, and goes on looking after what any of them has started.
// Spec: docs/running.md, "Drivers".

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
  const contained = { state, home, mesh: net, cards: NVIDIA, sockets: socketsOf(process.env) };
  return [
    containerDriver('podman', contained),
    containerDriver('docker', contained),
    bubbleDriver({ state, home }),
    createMachineDriver({ folder: join(state, 'machines'), net }),
  ];
}
