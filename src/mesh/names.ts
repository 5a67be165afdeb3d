// The names of the members on this machine: a block of the hosts file, written where it differs and
// taken away when the mesh goes. Without the right to write there the mesh works by addresses.
// Spec: docs/mesh.md, "Names".

import { type HostName, withNames, withoutNames } from '../../wg/hosts.ts';
import type { RosterRow } from '../derive.ts';
import { changeHosts } from '../os/hosts-file.ts';

/**
 * Writes the block of an interface; answers what was left out, a line each. Throws as `fs` does.
 */
export function writeNames(tag: string, rows: readonly RosterRow[]): string[] {
  let refused: readonly { readonly name: string; readonly code: string }[] = [];
  changeHosts((text) => {
    const named = withNames(text, tag, rows.map(nameOf));
    refused = named.refused;
    return named.text;
  });
  return refused.map(({ name, code }) => `${name} (${code})`);
}

export function removeNames(tag: string): void {
  changeHosts((text) => withoutNames(text, tag));
}

function nameOf({ name, address, ipv4 }: RosterRow): HostName {
  return { name, addresses: ipv4 === null ? [address] : [address, ipv4] };
}
