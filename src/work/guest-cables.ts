// What the kernel is told of one guest's interface: made, named, led to, taken away. Nothing is
// remembered here; whose they are and which rules stand over them is guest-net.ts. Spec:
// docs/machines.md, "The mesh".

import { readFileSync } from 'node:fs';
import { GUEST_GATEWAY } from '../../wg/guests.ts';
import { needTool, runTool } from '../os/tools.ts';

/** What a guest has at its end. */
export interface Attached {
  readonly device: string;
  readonly mac: string;
  readonly address: string;
  readonly network: string;
  readonly gateway: string;
  readonly mtu: number;
}

/**
 * An interface that this user may open; it has another hardware address than the guest, which has
 * the planned one at its end. `alias` says whose it is.
 */
export async function addTap(device: string, alias: string, user: number): Promise<void> {
  await needTool(['ip', 'tuntap', 'add', 'dev', device, 'mode', 'tap', 'user', `${user}`]);
  await needTool(['ip', 'link', 'set', 'dev', device, 'alias', alias]);
}

/** A cable into the network namespace of a process, with the address at its end. */
export async function addCable(plan: Attached, alias: string, pid: number): Promise<void> {
  const { device, mac, address, network, gateway, mtu } = plan;
  const peer = ['peer', 'name', 'mesh0', 'address', mac, 'mtu', `${mtu}`, 'netns', `${pid}`];
  await needTool(['ip', 'link', 'add', device, 'type', 'veth', ...peer]);
  await needTool(['ip', 'link', 'set', 'dev', device, 'alias', alias]);
  const within = (...words: string[]): Promise<Buffer> =>
    needTool(['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', ...words]);
  await within('link', 'set', 'dev', 'lo', 'up');
  await within('address', 'replace', `${address}/128`, 'dev', 'mesh0', 'nodad');
  await within('link', 'set', 'dev', 'mesh0', 'up');
  await within('-6', 'route', 'replace', network, 'via', gateway, 'dev', 'mesh0');
}

/**
 * The host's end: the first hop of the guest, and the way to its address, from that of the node.
 */
export async function lead(device: string, address: string, node: string | null): Promise<void> {
  const settings = `/proc/sys/net/ipv6/conf/${device}`;
  // A guest tells the host nothing about routes, and nobody asks around for an address of ours.
  for (const name of ['accept_ra', 'accept_redirects', 'autoconf']) {
    await needTool(['sh', '-c', 'echo 0 > "$1"', 'sh', `${settings}/${name}`]);
  }
  await needTool(['ip', 'address', 'replace', `${GUEST_GATEWAY}/64`, 'dev', device, 'nodad']);
  await needTool(['ip', 'link', 'set', 'dev', device, 'up']);
  const from = node !== null && (await isHere(node)) ? ['src', node] : [];
  await needTool(['ip', '-6', 'route', 'replace', `${address}/128`, 'dev', device, ...from]);
}

async function isHere(address: string): Promise<boolean> {
  const { stdout } = await runTool(['ip', '-6', 'address', 'show', 'to', `${address}/128`]);
  return stdout.length > 0;
}

/** Whether what is sent to the address goes to the interface now. */
export async function isLed(device: string, address: string): Promise<boolean> {
  const route = await runTool(['ip', '-6', 'route', 'get', address]);
  return route.status === 0 && route.stdout.includes(`dev ${device} `);
}

/** Also where there is none. */
export async function removeInterface(device: string): Promise<void> {
  await runTool(['ip', 'link', 'delete', 'dev', device]);
}

/** The number of an interface that has an IPv6 address, or nothing. */
export function numberOf(device: string): string {
  try {
    const lines = readFileSync('/proc/net/if_inet6', 'utf8').split('\n');
    const words = lines.map((line) => line.trim().split(/\s+/));
    return words.find((line) => line[5] === device)?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Interfaces of guests whose alias begins so. */
export async function devicesOf(whose: string): Promise<string[]> {
  const { stdout } = await runTool(['ip', '-json', 'link', 'show']);
  try {
    const links = JSON.parse(stdout.toString('utf8')) as { ifname: string; ifalias?: string }[];
    return links.flatMap(({ ifname, ifalias }) =>
      ifname.startsWith('kg') && ifalias?.startsWith(whose) === true ? [ifname] : [],
    );
  } catch {
    return [];
  }
}
