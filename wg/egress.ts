// Work that reaches out by the addresses of its host: the rules that keep it from the mesh, where
// it would speak as the node, and that keep what is published of it to the mesh. One table, written
// whole. Spec: docs/machines.md, "Egress".

import { nodeAddress } from './address.ts';
import type { GuestMesh, GuestPort } from './guests.ts';

export interface Egress {
  /** That QEMUs run as which talk for guests. */
  readonly users: readonly number[];
  /** Ports of this node's own address that only the mesh reaches; null: nothing reaches out. */
  readonly shut: readonly GuestPort[] | null;
}

/** `mesh`: null while there is none. */
export function egressRules(
  own: string,
  mesh: Pick<GuestMesh, 'device' | 'network' | 'prefix'> | null,
  { users, shut }: Egress,
): string {
  const table = `${own}_egress`;
  const wipe = `table inet ${table}\ndelete table inet ${table}\n`;
  const chains = [
    ...(users.length === 0 ? [] : fromUsers(users, mesh?.network ?? null)),
    ...(shut === null ? [] : THROUGH),
    ...(shut === null || mesh === null ? [] : toPorts(shut, mesh)),
  ];
  if (chains.length === 0) return wipe;
  return `${wipe}table inet ${table} {\n${chains.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** What QEMU says for a guest reaches neither this host's own services nor the mesh. */
function fromUsers(users: readonly number[], network: string | null): readonly string[] {
  return [
    'chain out {',
    '  type filter hook output priority 0; policy accept;',
    `  meta skuid != { ${users.join(', ')} } accept`,
    '  ct state established,related accept',
    '  oifname "lo" meta l4proto { tcp, udp } th dport 53 accept',
    '  oifname "lo" reject',
    '  oifname "kith*" reject',
    ...(network === null ? [] : [`  ip6 daddr ${network} reject`]),
    '}',
  ];
}

/** What an engine routes out of a container bears the address of this node. */
const THROUGH: readonly string[] = [
  'chain through {',
  '  type filter hook forward priority 0; policy accept;',
  '  oifname "kith*" reject',
  '}',
];

/** A kernel takes what is for any of its addresses at any of its interfaces. */
function toPorts(
  ports: readonly GuestPort[],
  { device, prefix }: Pick<GuestMesh, 'device' | 'prefix'>,
): readonly string[] {
  const of = (protocol: GuestPort['protocol']): string[] => {
    const own = ports.filter((one) => one.protocol === protocol).map(({ port }) => port);
    if (own.length === 0) return [];
    return [`  ip6 daddr ${nodeAddress(prefix)} ${protocol} dport { ${own.join(', ')} } drop`];
  };
  const inside = ['"lo"', ...(device === null ? [] : [`"${device}"`])];
  return [
    'chain ports {',
    '  type filter hook input priority 0; policy accept;',
    `  iifname { ${inside.join(', ')} } accept`,
    ...of('tcp'),
    ...of('udp'),
    '}',
  ];
}
