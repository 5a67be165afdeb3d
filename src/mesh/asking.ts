// One question to one member over the mesh. Spec: docs/links.md, "Meeting".

import type { Key } from '../../proto/ids.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { urlOf } from '../peer/address.ts';
import { askPeer } from '../peer/ask.ts';
import type { Ground } from './ground.ts';
import { MEET_WAIT_MS } from './relay-limits.ts';

/** Its answer, or null: it is away, or does not want to. */
export async function askMember(
  { wishing, identity, isStopped }: Ground,
  to: Key,
  path: string,
  body: Uint8Array,
): Promise<Uint8Array | null> {
  const row = wishing.roster().byKey.get(to);
  if (row === undefined || isStopped) return null;
  const url = urlOf({ host: row.address, port: MESH_PORT });
  const signal = AbortSignal.timeout(MEET_WAIT_MS);
  try {
    const options = { identity, url, door: ({ key }: { key: Key }) => key === to, signal };
    return (await askPeer(options, path, body)).body;
  } catch {
    // Another member may, or a later search.
    return null;
  }
}
