// What a piece of work asks of a node: the part of a spec that decides where it can run. Integers
// throughout. Spec: docs/placement.md, "Fit".

import type { Key } from '../proto/ids.ts';

export type Policy = 'two' | 'mostFree' | 'pack' | 'pin';
export type Arch = 'amd64' | 'arm64';

export interface GpuDemand {
  readonly count: number;
  /** Of each card; null: any. */
  readonly minVramMib: number | null;
  readonly vendor: string | null;
  /** A part of the name, in any case. */
  readonly model: string | null;
}

export interface Demand {
  readonly kind: 'job' | 'vm';
  readonly cpuMilli: number;
  readonly memMib: number;
  readonly diskMib: number;
  readonly gpu: GpuDemand | null;
  readonly arch: Arch | null;
  /** Labels that the node must have. */
  readonly need: readonly string[];
  /** Only these, by name or key, in this order for `pin`; null: any. */
  readonly nodes: readonly (string | Key)[] | null;
  readonly avoid: readonly (string | Key)[];
  /** Null: by how many nodes fit. */
  readonly policy: Policy | null;
}
