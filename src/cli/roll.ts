// The roll where no daemon tells it: read from the files, which takes the whole store and is
// loaded only then.

import type { Key } from '../../proto/ids.ts';
import { keyHost } from '../home/host.ts';
import { type Roll, rollOf } from '../home/roll.ts';
import { readIdentityKey } from '../keys/identity.ts';
import { withHome } from './home.ts';

export async function rollInFiles(folder: string): Promise<{ roll: Roll; own: Key | null }> {
  const own = readIdentityKey(keyHost(), folder);
  const roll = await withHome(folder, { write: false }, async (home) => rollOf(home));
  return { roll, own: own.ok ? own.value : null };
}
