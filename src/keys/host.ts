// What keys need of the machine that they are on, handed in as a value (src/home/host.ts makes it).

import type { Digest } from '../../proto/ids.ts';
import type { Platform } from '../../proto/platform.ts';
import type { KeyDisk } from './disk.ts';

export interface KeyHost {
  /** Which machine this is: what keys are bound to. */
  readonly machine: Digest;
  readonly disk: KeyDisk;
  readonly platform: Platform;
  readonly random: (sizeBytes: number) => Uint8Array;
}
