// The drivers of jobs, the ones to prefer first: a host runs jobs with the first that is usable,
// and goes on looking after what any of them has started. Spec: docs/jobs.md, "Engines".

import type { Driver } from '../driver.ts';
import { bubbleDriver } from './bubbles.ts';
import { type CardKind, containerDriver, type GuestNetwork, NVIDIA } from './containers.ts';
import { socketsOf } from './engine.ts';

export interface JobParts {
  /** The folder of this host's state: `secrets` and `volumes` lie in it, and what is unpacked. */
  readonly state: string;
  /** The key of this node, which names what is its own in an engine that others use, too. */
  readonly home: string;
  /** Null: nothing here gives guests an address on the mesh. */
  readonly mesh: GuestNetwork | null;
  readonly env?: NodeJS.ProcessEnv;
  readonly cards?: CardKind;
}

export function createJobDrivers(parts: JobParts): readonly Driver[] {
  const { state, home, mesh, env = process.env, cards = NVIDIA } = parts;
  const contained = { state, home, mesh, cards, sockets: socketsOf(env) };
  return [
    containerDriver('podman', contained),
    containerDriver('docker', contained),
    bubbleDriver({ state, home }),
  ];
}
