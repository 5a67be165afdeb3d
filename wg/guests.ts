// Guests of a node: machines and containers that have an address of its /96 for as long as their
// lease lives. Their names and addresses follow from the work; the rules that keep each of them to
// its own address are one nftables table, written whole, so that what is not wanted any more is
// gone with the next writing. Nothing is routed: whatever belongs to a guest is handed from one
// interface to the other as it comes in, so the host becomes no router. Spec: docs/machines.md,
// "The mesh".

import { assert } from '../proto/assert.ts';
import { toHex, utf8 } from '../proto/bytes.ts';
import type { Platform } from '../proto/platform.ts';
import { nodeAddress } from './address.ts';
import { formatIp, parsePrefix } from './ip.ts';
import { GUEST_PORT_MIN, MTU_FIRST, NODE_BITS } from './limits.ts';

type Hash = Pick<Platform, 'sha256'>;

export interface GuestPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Guest {
  /** Of its interface on the host. */
  readonly device: string;
  readonly mac: string;
  readonly address: string;
  /** What may be opened towards it, from anywhere on the mesh. */
  readonly ports: readonly GuestPort[];
}

/** The mesh that this node's guests are on. */
export interface GuestMesh {
  /** Its interface, or null while it is not up: guests then reach each other and nobody else. */
  readonly device: string | null;
  /** The /48. */
  readonly network: string;
  /** This node's /96. */
  readonly prefix: string;
}

/** What a guest sends to first; the same on each interface. */
export const GUEST_GATEWAY = 'fe80::1';
/** What every path of the mesh carries: nobody tells a guest of a narrower one. */
export const GUEST_MTU: number = MTU_FIRST;

/** The name of a guest's interface, and its address on the cable, for one start of some work. */
export function guestDevice(
  work: string,
  generation: number,
  platform: Hash,
): { readonly device: string; readonly mac: string; readonly slot: number } {
  const digest = platform.sha256(utf8(`kith-guest-device-v1\n${work}\n${generation}`));
  const octets = [0x02, ...digest.subarray(5, 10)].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  const slot = new DataView(digest.buffer, digest.byteOffset).getUint32(12) & 0xff_ffff;
  return { device: `kg${toHex(digest.subarray(0, 5))}`, mac: octets.join(':'), slot };
}

/**
 * The address of some work in a node's /96: always the same one, but where another guest has it.
 * The first two are never a guest's: nobody, and the node itself.
 */
export function guestAddress(
  prefix: string,
  work: string,
  taken: ReadonlySet<string>,
  platform: Hash,
): string {
  const parsed = parsePrefix(prefix);
  assert(parsed !== null && parsed.bits === NODE_BITS, 'a node has a prefix of 96 bits');
  for (let salt = 0; ; salt++) {
    const digest = platform.sha256(utf8(`kith-guest-v1\n${work}\n${salt}`));
    const bytes = parsed.bytes.slice();
    bytes.set(digest.subarray(0, 4), 12);
    const low = new DataView(bytes.buffer).getUint32(12);
    const address = formatIp(bytes);
    if (low > 1 && !taken.has(address)) return address;
  }
}

/** The name of the table: two networks on one machine have each its own. */
function guestTable(own: string): string {
  return `${own}_guests`;
}

/** What `nft -f -` reads: the whole table, in the place of the one before, in one step. */
export function guestRules(own: string, mesh: GuestMesh, guests: readonly Guest[]): string {
  const table = guestTable(own);
  const wipe = `table netdev ${table}\ndelete table netdev ${table}\n`;
  if (guests.length === 0) return wipe;
  const ways = guests.map(({ address, device }) => `${address} : goto to_${device}`);
  const lines = [
    'map guests {',
    '  type ipv6_addr : verdict',
    `  elements = { ${ways.join(', ')} }`,
    '}',
    ...guests.flatMap(towards),
    ...guests.flatMap((guest) => outOf(guest, mesh)),
    ...intoMesh(mesh),
  ];
  return `${wipe}table netdev ${table} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** What may be said to a guest. Nothing here remembers flows, so ports tell who began. */
function towards({ device, address, ports }: Guest): readonly string[] {
  const to = `fwd ip6 to ${address} device "${device}"`;
  const opened = (protocol: GuestPort['protocol']): string[] =>
    ports
      .filter((one) => one.protocol === protocol)
      .map(({ port }) => `  ${protocol} dport ${port} ${to}`);
  return [
    `chain to_${device} {`,
    ...opened('tcp'),
    ...opened('udp'),
    // Whatever opens no connection belongs to one that the guest has opened.
    `  tcp flags & (syn | ack) != syn ${to}`,
    `  udp dport >= ${GUEST_PORT_MIN} ${to}`,
    `  icmpv6 type { ${ERRORS}, echo-request, echo-reply } ${to}`,
    '  drop',
    '}',
  ];
}

const ERRORS = 'destination-unreachable, packet-too-big, time-exceeded, parameter-problem';
const NEIGHBOURS = 'nd-neighbor-solicit, nd-neighbor-advert';

/** What a guest may send: from its own address, into the mesh, and to this node next to nothing. */
function outOf({ device, mac, address }: Guest, mesh: GuestMesh): readonly string[] {
  const node = nodeAddress(mesh.prefix);
  const onwards =
    mesh.device === null
      ? []
      : [`  ip6 daddr ${mesh.network} fwd ip6 to ip6 daddr device "${mesh.device}"`];
  return [
    `chain from_${device} {`,
    `  type filter hook ingress device "${device}" priority 0; policy drop;`,
    `  ether saddr != ${mac} drop`,
    // To find the host on the cable, and to be found by it.
    `  ip6 saddr { ::, fe80::/64, ${address} } icmpv6 type { ${NEIGHBOURS} } accept`,
    `  ip6 saddr != ${address} drop`,
    `  ip6 daddr ${node} icmpv6 type { ${ERRORS}, echo-request, echo-reply } accept`,
    // It may answer what this node has opened, and open nothing.
    `  ip6 daddr ${node} tcp flags & (syn | ack) != syn accept`,
    '  ip6 daddr vmap @guests',
    `  ip6 daddr ${mesh.prefix} drop`,
    ...onwards,
    '}',
  ];
}

/** What comes out of the tunnel for a guest never reaches the host itself. */
function intoMesh({ device, prefix }: GuestMesh): readonly string[] {
  if (device === null) return [];
  return [
    'chain from_mesh {',
    `  type filter hook ingress device "${device}" priority 0; policy accept;`,
    // Somebody who claims to be one of them comes from elsewhere.
    `  ip6 saddr ${prefix} drop`,
    '  ip6 daddr vmap @guests',
    '}',
  ];
}
