// What the doctor looks at for a mesh: tools, a backend, rights, IPv6, the hosts file and the names
// in it. Spec: docs/mesh.md, "kith doctor".

import { lookup } from 'node:dns/promises';
import { accessSync, constants, readFileSync } from 'node:fs';
import { counted } from '../../proto/when.ts';
import { writtenNames } from '../../wg/hosts.ts';
import { HOSTS_FILE } from '../os/hosts-file.ts';
import type { MeshHost } from '../os/mesh-host.ts';
import { MESH_HOST_REFUSALS } from '../os/mesh-refusals.ts';
import { type Finding, ok, problem, warning } from './check.ts';
import { installText, type Part, type System } from './packages.ts';

const AS_ROOT = 'run `kith doctor` as root';

export function toolCheck(part: Part, file: string | null, system: System): Finding {
  if (file !== null) return ok(file);
  return problem(`${part} is not installed`, installText([part], system));
}

export function backendCheck(host: MeshHost, system: System): Finding {
  const { kernel, wireguardGo } = host;
  if (kernel === true) return ok('the kernel has WireGuard');
  if (wireguardGo !== null) {
    const other = kernel === null ? 'whether the kernel can is not known' : 'the kernel cannot';
    return ok(`wireguard-go at ${wireguardGo} (${other})`);
  }
  if (kernel === false) {
    return problem(
      'the kernel has no WireGuard, and wireguard-go is not installed',
      installText(['wireguard-go'], system),
    );
  }
  return warning('whether the kernel has WireGuard is not known', AS_ROOT);
}

export function tunCheck({ kernel, tun }: MeshHost): Finding {
  if (tun === 'there') return ok('/dev/net/tun');
  if (kernel === true) return ok('not there, and not needed: the kernel has WireGuard');
  const { hint } = MESH_HOST_REFUSALS['mesh-no-tun'];
  if (tun === 'missing') return problem('there is no /dev/net/tun, which wireguard-go needs', hint);
  return warning('this user may not open /dev/net/tun', AS_ROOT);
}

export function rightsCheck({ rights }: MeshHost): Finding {
  if (rights) return ok('this user may make network interfaces');
  const { hint } = MESH_HOST_REFUSALS['mesh-no-rights'];
  return warning(
    'this user may not make network interfaces: a daemon of its own has no mesh',
    hint,
  );
}

export function ipv6Check({ ipv6 }: MeshHost): Finding {
  if (ipv6) return ok('switched on');
  return problem('IPv6 is switched off', MESH_HOST_REFUSALS['mesh-no-ipv6'].hint);
}

export function socketsCheck({ kernel, sockets }: MeshHost): Finding {
  if (sockets) return ok('/run/wireguard');
  if (kernel === true) return ok("not this user's, and not needed: the kernel has WireGuard");
  const { hint } = MESH_HOST_REFUSALS['mesh-no-sockets'];
  return warning('this user may not write to /run/wireguard, which wireguard-go needs', hint);
}

export function hostsCheck(file: string = HOSTS_FILE, switches = '/etc/nsswitch.conf'): Finding {
  let blocks: number;
  try {
    blocks = writtenNames(readFileSync(file, 'latin1')).length;
  } catch {
    return problem(`${file} cannot be read`, `make it readable: \`chmod 644 ${file}\``);
  }
  if (!readsFiles(switches)) {
    const todo = `put \`files\` first in the line \`hosts:\` of ${switches}`;
    return warning(`${switches} does not look into ${file}, so names are not found`, todo);
  }
  const held = counted(blocks, 'address of a mesh', 'addresses of a mesh');
  const writers = 'a daemon of root writes them, and that of the package';
  if (process.geteuid?.() !== 0) return ok(`${file} holds ${held}; ${writers}`);
  try {
    accessSync(file, constants.W_OK);
    return ok(`${file} holds ${held}`);
  } catch {
    return warning(`${file} cannot be written`, 'names are not found; use addresses');
  }
}

function readsFiles(switches: string): boolean {
  try {
    const line = /^\s*hosts:(.*)$/m.exec(readFileSync(switches, 'utf8'))?.[1];
    return line === undefined || /\bfiles\b/.test(line);
  } catch {
    // Systems without that file look into the hosts file always.
    return true;
  }
}

/** Names looked up: a fault of the system shows in the first ones. */
const LOOKED_UP_MAX = 8;

export async function namesCheck(file: string = HOSTS_FILE): Promise<Finding> {
  let written: ReturnType<typeof writtenNames>;
  try {
    written = writtenNames(readFileSync(file, 'latin1'));
  } catch {
    written = [];
  }
  if (written.length === 0) return ok('none are written yet: the daemon does it with its mesh');
  const some = written.slice(0, LOOKED_UP_MAX);
  for (const { name, address } of some) {
    const found = await lookup(name, { all: true }).catch(() => []);
    if (found.some((one) => one.address === address)) continue;
    const instead = found[0]?.address ?? 'nothing';
    return warning(
      `${name} leads to ${instead} and not to ${address}`,
      `look for another ${name} in ${file}, and at the line \`hosts:\` of /etc/nsswitch.conf`,
    );
  }
  return ok(`found: ${some.map(({ name }) => name).join(', ')}`);
}
