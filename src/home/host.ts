// The machine as keys see it: one value for every process that opens a key here, since a key is
// bound to what it says.

import { createHash } from 'node:crypto';
import type { Digest } from '../../proto/ids.ts';
import { keyDisk } from '../keys/disk.ts';
import type { KeyHost } from '../keys/host.ts';
import { randomBytes } from '../os/clock.ts';
import { machineId } from '../os/machine.ts';
import { nodePlatform } from '../platform.ts';

export function keyHost(): KeyHost {
  const machine = createHash('sha256').update(`kith-key-host-v1\n${machineId()}`);
  return {
    machine: machine.digest('base64url') as Digest,
    disk: keyDisk,
    platform: nodePlatform,
    random: randomBytes,
  };
}
