// What this machine offers a mesh: tools, a backend, rights, IPv6. Looked at, never changed, but
// for one interface that is made to see whether the kernel can, and taken away at once. Spec:
// docs/mesh.md, "Backends".

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ok, refuse, type Result } from '../../proto/result.ts';
import type { MeshHostCode } from './mesh-refusals.ts';
import { findTool, runTool } from './tools.ts';
import { SOCKETS } from './wireguard-go.ts';

export type Backend = 'kernel' | 'wireguard-go';

export interface MeshHost {
  readonly wg: string | null;
  /** Of iproute2: that of busybox has the name and prints no JSON. */
  readonly ip: string | null;
  readonly wireguardGo: string | null;
  /** Of the kernel; null where that cannot be tried without more rights or tools. */
  readonly kernel: boolean | null;
  readonly tun: 'there' | 'missing' | 'closed';
  readonly rights: boolean;
  /** Whether wireguard-go can make its control socket where `wg` looks for it. */
  readonly sockets: boolean;
  readonly ipv6: boolean;
}

const TUN = '/dev/net/tun';
/** Bit of CAP_NET_ADMIN in the masks of /proc. */
const NET_ADMIN = 12n;

export async function lookAtHost(): Promise<MeshHost> {
  const [wg, wireguardGo] = [findTool('wg'), findTool('wireguard-go')];
  const ip = await fullIp();
  const rights = mayMakeInterfaces();
  const kernel = ip === null || !rights ? null : await kernelHasWireguard();
  const [tun, sockets] = [tunDevice(), mayMakeSockets()];
  return { wg, ip, wireguardGo, kernel, tun, rights, sockets, ipv6: hasIpv6() };
}

/** The best backend that there is, or what is in the way: first what a person must see to first. */
export function backendOf(host: MeshHost): Result<Backend, MeshHostCode> {
  if (host.wg === null) return refuse('mesh-no-wg');
  if (host.ip === null) return refuse('mesh-no-ip');
  if (!host.rights) return refuse('mesh-no-rights');
  if (!host.ipv6) return refuse('mesh-no-ipv6');
  if (host.kernel === true) return ok('kernel');
  if (host.wireguardGo === null) return refuse('mesh-no-backend');
  if (host.tun !== 'there') return refuse('mesh-no-tun');
  return host.sockets ? ok('wireguard-go') : refuse('mesh-no-sockets');
}

async function fullIp(): Promise<string | null> {
  const { stdout } = await runTool(['ip', '-Version']);
  return stdout.includes('iproute2') ? findTool('ip') : null;
}

/** Whether `ip link add type wireguard` works: the module may be there and not for us. */
async function kernelHasWireguard(): Promise<boolean> {
  const name = `kithtry${process.pid % 100_000}`;
  const made = await runTool(['ip', 'link', 'add', 'dev', name, 'type', 'wireguard']);
  if (made.status !== 0) return false;
  await runTool(['ip', 'link', 'delete', 'dev', name]);
  return true;
}

function mayMakeInterfaces(): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(fileText('/proc/self/status'))?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> NET_ADMIN) & 1n) === 1n;
}

function mayMakeSockets(): boolean {
  // wireguard-go makes the folder where it is missing.
  const folder = existsSync(SOCKETS) ? SOCKETS : path.dirname(SOCKETS);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function tunDevice(): MeshHost['tun'] {
  if (!existsSync(TUN)) return 'missing';
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return 'there';
  } catch {
    return 'closed';
  }
}

/** New interfaces are made as `default` says; without IPv6 in the kernel there is no such file. */
function hasIpv6(): boolean {
  const settings = '/proc/sys/net/ipv6/conf';
  return ['all', 'default'].every((of) => fileText(`${settings}/${of}/disable_ipv6`)[0] === '0');
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
