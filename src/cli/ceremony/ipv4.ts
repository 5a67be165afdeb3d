// The IPv4 address that an operator wants for a new machine: refused here where every member would
// refuse the claim, before anything is signed. Spec: docs/mesh.md, "IPv4".

import type { MemberState, State } from '../../../ledger/state.ts';
import type { Key } from '../../../proto/ids.ts';
import { ok, refuse, type Result } from '../../../proto/result.ts';
import { settleIpv4 } from '../../../wg/ipv4.ts';
import type { Ipv4Code } from '../../../wg/refusals.ts';

/** `replaces` is the node in whose place it comes: its address is free. */
export function freeIpv4(
  ipv4: string,
  { members, defaults }: State,
  replaces: MemberState | null,
): Result<undefined, Ipv4Code> {
  const claims = members.flatMap((member) =>
    member.ipv4 === undefined || member.removed !== undefined || member.key === replaces?.key
      ? []
      : [{ key: member.key, ipv4: member.ipv4 }],
  );
  // The newcomer is the junior of all.
  const own = { key: 'new' as Key, ipv4 };
  const { conflicts } = settleIpv4([...claims, own], defaults.ipv4_range);
  const against = conflicts.find(({ key }) => key === own.key);
  return against === undefined ? ok(undefined) : refuse(against.code, ipv4);
}
