// Where a member is asked for something beside a sync: the one place that chooses an address. Over
// the doors of the underlay, at the address that was good last.

import type { Key } from '../../proto/ids.ts';
import type { PeerStatus } from './routes.ts';

export interface MemberPlace {
  readonly url: string;
  /** Null where nobody has answered at that address yet. */
  readonly key: Key | null;
}

/** An address for each member that is known to have one, those that answered lately first. */
export function placesOf(peers: readonly PeerStatus[]): readonly MemberPlace[] {
  const places = new Map<string, MemberPlace>();
  // On the mesh, where they answer best of all, there is no lobby.
  const doors = peers.filter(({ source }) => source !== 'mesh');
  const best = doors.toSorted(
    (a, b) => a.failures - b.failures || (b.syncedAt ?? 0) - (a.syncedAt ?? 0),
  );
  for (const { url, key } of best) {
    const who = key ?? url;
    if (!places.has(who)) places.set(who, { url, key });
  }
  return [...places.values()];
}
