// The IPv4 address that an admission claims: the one that a person names, or the first of the
// network's range that is free. It is looked at beforehand, from this machine, since an admission
// cannot be taken back for it. Spec: docs/mesh.md, "IPv4".

import type { State } from '../../ledger/state.ts';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { formatIp, parsePrefix } from '../../wg/ip.ts';
import { settleIpv4 } from '../../wg/ipv4.ts';
import { IPV4_RANGE_DEFAULT } from '../../wg/limits.ts';
import type { Ipv4Code } from '../../wg/refusals.ts';
import { IPV4_TRIES_MAX } from './limits.ts';

/** What `--ipv4` may say beside an address. */
const AUTO = 'auto';
/** Whoever is being admitted: junior to all. */
const NEWCOMER = '' as Key;

/** `local`: prefixes that this machine reaches otherwise than through the mesh. */
export function claimIpv4(
  { members, defaults }: Pick<State, 'members' | 'defaults'>,
  wish: string,
  local: readonly string[],
): Result<string, Ipv4Code | 'ipv4-full'> {
  const range = defaults.ipv4_range ?? IPV4_RANGE_DEFAULT;
  const claims = members.flatMap(({ key, ipv4, removed }) =>
    ipv4 === undefined || removed !== undefined ? [] : [{ key, ipv4 }],
  );
  const taken = new Map(claims.map(({ key, ipv4 }) => [ipv4, key]));
  const tried = (ipv4: string): Result<string, Ipv4Code> => {
    const holder = taken.get(ipv4);
    if (holder !== undefined) return refuse('ipv4-taken', ipv4);
    const [conflict] = settleIpv4([{ key: NEWCOMER, ipv4 }], range, local).conflicts;
    return conflict === undefined
      ? ok(ipv4)
      : refuse(conflict.code, `${ipv4}: ${conflict.against}`);
  };
  if (wish !== AUTO) return tried(wish);
  let last: Result<string, Ipv4Code | 'ipv4-full'> = refuse('ipv4-full', range);
  for (const ipv4 of hostsIn(range)) {
    const made = tried(ipv4);
    if (made.ok) return made;
    // Why the whole range is of no use here is more than that it is full.
    if (made.code === 'ipv4-local') last = made;
  }
  return last;
}

/** The first addresses of a range, without the one that systems read as a network. */
function* hostsIn(range: string): Generator<string, void, void> {
  const prefix = parsePrefix(range);
  if (prefix === null) return;
  const base = prefix.bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const count = Math.min(2 ** (32 - prefix.bits) - 1, IPV4_TRIES_MAX);
  for (let i = 1; i < count; i++) {
    const value = base + i;
    yield formatIp(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
  }
}
