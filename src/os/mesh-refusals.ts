// Why a machine has no mesh interface: what is missing, and what to do about it. The node keeps its
// ledger and its door all the same. `kith doctor` says the same with the exact command.
// Spec: docs/mesh.md, "Backends".

interface HostFault {
  readonly what: string;
  readonly hint: string;
}

export type MeshHostCode =
  | 'mesh-no-wg'
  | 'mesh-no-ip'
  | 'mesh-no-backend'
  | 'mesh-no-tun'
  | 'mesh-no-rights'
  | 'mesh-no-sockets'
  | 'mesh-no-ipv6'
  | 'mesh-not-raised';

const DOCTOR = '`kith doctor` says with which command';

export const MESH_HOST_REFUSALS: Readonly<Record<MeshHostCode, HostFault>> = {
  'mesh-no-wg': {
    what: 'the tool `wg` is not installed, so there is no mesh',
    hint: `install wireguard-tools: ${DOCTOR}`,
  },
  'mesh-no-ip': {
    what: 'the tool `ip` is not installed, so there is no mesh',
    hint: `install iproute2: ${DOCTOR}`,
  },
  'mesh-no-backend': {
    what: 'the kernel has no WireGuard, and wireguard-go is not installed, so there is no mesh',
    hint: `install wireguard-go, or a kernel with the module wireguard: ${DOCTOR}`,
  },
  'mesh-no-tun': {
    what: 'there is no /dev/net/tun for wireguard-go, so there is no mesh',
    hint: 'run `modprobe tun`; a container needs `--device /dev/net/tun`',
  },
  'mesh-no-rights': {
    what: 'this user may not make network interfaces, so there is no mesh',
    hint: 'run kith as root, or give it CAP_NET_ADMIN; a container needs `--cap-add NET_ADMIN`',
  },
  'mesh-no-sockets': {
    what: 'this user may not write to /run/wireguard, which wireguard-go needs, so there is no mesh',
    hint: 'run `install -d -o USER /run/wireguard` as root, for this user; the package does it',
  },
  'mesh-no-ipv6': {
    what: 'IPv6 is switched off on this machine, so there is no mesh',
    hint: 'run `sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0`',
  },
  'mesh-not-raised': {
    what: 'the mesh interface could not be raised',
    hint: 'what the system said stands in brackets; `kith doctor` looks for the cause',
  },
};
