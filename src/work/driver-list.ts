// The drivers of this machine, the preferred ones of each kind first. Spec: docs/running.md,
// "Drivers".

import { join } from 'node:path';
import type { Key } from '../../proto/ids.ts';
import { ok } from '../../proto/result.ts';
import type { Driver } from './driver.ts';
import type { GuestNet } from './guest-net.ts';
import { type GuestNetwork, NVIDIA, containerDriver } from './jobs/containers.ts';
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
  const parts = { state, home, sockets: socketsOf(process.env), cards: NVIDIA };
  const containers = { ...parts, mesh: networkOf(net) };
  return [
    containerDriver('podman', containers),
    containerDriver('docker', containers),
    createMachineDriver({ folder: join(state, 'machines'), net }),
  ];
}

function networkOf(net: GuestNet): GuestNetwork {
  return {
    async attach(pid, { id, generation }) {
      const attached = await net.attachContainer(pid, { id, generation, ports: [] });
      return attached.ok ? ok(undefined) : attached;
    },
    detach: (tag) => net.detach(tag),
  };
}
