// Why something of a node stays out of the mesh interface, or out of the hosts file. Another member
// or this machine's own set-up causes them, so none stops the rest: they are shown beside the node.
// Spec: docs/mesh.md, "What is refused".

interface MeshFault {
  readonly what: string;
  readonly hint: string;
}

export type TableCode =
  | 'wg-key-unusable'
  | 'wg-key-own'
  | 'wg-key-twice'
  | 'wg-prefix-foreign'
  | 'wg-prefix-twice'
  | 'wg-endpoint-name';
export type Ipv4Code = 'ipv4-taken' | 'ipv4-outside' | 'ipv4-local';
export type HostsCode = 'hosts-name' | 'hosts-address' | 'hosts-twice';
export type DumpCode = 'dump-shape';
export type MeshCode = TableCode | Ipv4Code | HostsCode | DumpCode;

export const MESH_REFUSALS: Readonly<Record<MeshCode, MeshFault>> = {
  'wg-key-unusable': {
    what: 'the WireGuard key of the node has no X25519 form',
    hint: 'run `kith rotate-key` on that node',
  },
  'wg-key-own': {
    what: 'the node claims the WireGuard key of this machine',
    hint: 'one of the two was copied: run `kith rotate-key` on both',
  },
  'wg-key-twice': {
    what: 'two nodes claim one WireGuard key; the senior keeps it',
    hint: 'run `kith rotate-key` on the other',
  },
  'wg-prefix-foreign': {
    what: 'the prefix is none of this network',
    hint: 'please report it: prefixes are computed here, and never taken from others',
  },
  'wg-prefix-twice': {
    what: 'two nodes would hold one prefix; the senior keeps it',
    hint: 'please report it: the junior should have been given another',
  },
  'wg-endpoint-name': {
    what: 'the endpoint is no address and port in numbers',
    hint: 'names are resolved before; the node is reached once it calls by itself',
  },
  'ipv4-taken': {
    what: 'a senior node holds that IPv4 address',
    hint: 'the node is reached at its IPv6 address and name; admit it again with another IPv4',
  },
  'ipv4-outside': {
    what: 'the IPv4 address lies outside the range of the network',
    hint: 'the node is reached at its IPv6 address and name; admit it again with another IPv4',
  },
  'ipv4-local': {
    what: 'the IPv4 address belongs to a network that this machine reaches elsewhere',
    hint: 'the node is reached at its IPv6 address and name; or change the local network',
  },
  'hosts-name': {
    what: 'the name is no host label and is not written to the hosts file',
    hint: 'give the node a name of letters, digits and dashes',
  },
  'hosts-address': {
    what: 'the address is none and is not written to the hosts file',
    hint: 'please report it: addresses are computed here',
  },
  'hosts-twice': {
    what: 'two nodes have that name; the first one stands in the hosts file',
    hint: 'give one of them another name',
  },
  'dump-shape': {
    what: 'what `wg show` prints is not understood',
    hint: 'install the wireguard-tools of this system; see `kith doctor`',
  },
};
