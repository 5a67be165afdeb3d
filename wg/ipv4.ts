// Which nodes have the IPv4 address that their admission claims. IPv6 is what the mesh stands on;
// an IPv4 address is a convenience that a node may lose, and then everybody can see why.
// Spec: docs/mesh.md, "IPv4".

import type { Key } from '../proto/ids.ts';
import { covers, overlaps, type Prefix, parsePrefix } from './ip.ts';
import { IPV4_RANGE_DEFAULT } from './limits.ts';
import type { Ipv4Code } from './refusals.ts';

export interface Ipv4Claim {
  readonly key: Key;
  readonly ipv4: string;
}

export interface Ipv4Conflict extends Ipv4Claim {
  readonly code: Ipv4Code;
  /** The node that holds it, or the range or local network that speaks against it. */
  readonly against: string;
}

export interface Ipv4Settled {
  readonly held: ReadonlyMap<Key, string>;
  readonly conflicts: readonly Ipv4Conflict[];
}

/**
 * `claims` with the senior first. `local` are the prefixes that this machine reaches otherwise than
 * through the mesh: its routes (the default route aside), and the pools of containers and guests.
 * So a claim may hold on one machine and not on another; the ledger's range and seniority are the
 * same everywhere.
 */
export function settleIpv4(
  claims: readonly Ipv4Claim[],
  range: string = IPV4_RANGE_DEFAULT,
  local: readonly string[] = [],
): Ipv4Settled {
  const outer = parsePrefix(range);
  const nearby = local.flatMap((text) => {
    const prefix = parsePrefix(text);
    return prefix === null || prefix.bits === 0 || prefix.bytes.length !== 4 ? [] : [prefix];
  });
  const held = new Map<Key, string>();
  const holders = new Map<string, Key>();
  const conflicts: Ipv4Conflict[] = [];
  for (const claim of claims) {
    const fault = faultOf(claim.ipv4, outer, range, nearby, holders);
    if (fault !== null) {
      conflicts.push({ ...claim, ...fault });
      continue;
    }
    holders.set(claim.ipv4, claim.key);
    held.set(claim.key, claim.ipv4);
  }
  return { held, conflicts };
}

function faultOf(
  ipv4: string,
  outer: Prefix | null,
  range: string,
  nearby: readonly Prefix[],
  holders: ReadonlyMap<string, Key>,
): Pick<Ipv4Conflict, 'code' | 'against'> | null {
  const address = parsePrefix(`${ipv4}/32`);
  if (address === null || address.bytes.length !== 4 || outer === null || !isHost(outer, address)) {
    return { code: 'ipv4-outside', against: range };
  }
  const holder = holders.get(ipv4);
  if (holder !== undefined) return { code: 'ipv4-taken', against: holder };
  const near = nearby.find((prefix) => overlaps(prefix, address));
  if (near === undefined) return null;
  return { code: 'ipv4-local', against: `${near.bytes.join('.')}/${near.bits}` };
}

/** In the range, and neither its first address nor its last, which systems read as broadcasts. */
function isHost(range: Prefix, address: Prefix): boolean {
  if (!covers(range, address)) return false;
  if (range.bits >= 31) return true;
  const below = 2 ** (32 - range.bits);
  const low = address.bytes.reduce((sum, byte) => sum * 256 + byte, 0) % below;
  return low !== 0 && low !== below - 1;
}
