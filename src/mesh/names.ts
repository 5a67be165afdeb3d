// The names of the members on this machine: a block of the hosts file, written where it differs and
// taken away when the mesh goes. Without the right to write there the mesh works by addresses.
// Spec: docs/mesh.md, "Names".

import type { RosterRow } from '../derive.ts';

export interface HostNames {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What the hosts file says of each row. */
export function namesOf(rows: readonly RosterRow[]): HostNames[] {
  return rows.map(({ name, address, ipv4 }) => ({
    name,
    addresses: ipv4 === null ? [address] : [address, ipv4],
  }));
}
