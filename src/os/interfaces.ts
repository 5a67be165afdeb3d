// Network interfaces as this process sees them. From /proc, which follows the network namespace of
// the process; /sys shows that of whoever mounted it.

import fs from 'node:fs';
import os from 'node:os';

/** Whether there is one, up or not. */
export function isInterface(name: string): boolean {
  return fs
    .readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`));
}

/** `ADDRESS/BITS` of one that is up; of one that is down, nothing. */
function addressesOf(name: string): string[] {
  return os.networkInterfaces()[name]?.flatMap(({ cidr }) => cidr ?? []) ?? [];
}

interface Route {
  readonly device: string;
  /** `NETWORK/BITS`. */
  readonly prefix: string;
  readonly gateway: string;
}

/** IPv4 prefixes that this machine reaches otherwise than through interfaces like these. */
export function prefixesOutside(isMesh: (name: string) => boolean): string[] {
  return routes4().flatMap(({ device, prefix }) => (isMesh(device) ? [] : [prefix]));
}

/** The IPv4 routes of the main table, without the default one. */
function routes4(): Route[] {
  return rowsOf('route').flatMap(([device = '', network = '', gateway = '', , , , , mask = '']) => {
    const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return bits > 0 ? [{ device, prefix: `${ipv4Of(network)}/${bits}`, gateway }] : [];
  });
}

/** What can be seen of a link without a tool, its MTU excepted: it differs where the link does. */
export function linkPrint(name: string): string {
  const six = rowsOf('ipv6_route').filter((row) => row.at(-1) === name);
  const four = routes4().filter(({ device }) => device === name);
  // Whither, how far, over which gateway, with which rank: not how often it was used.
  const columns = six.map(([to, bits, , , gateway, metric]) => [to, bits, gateway, metric]);
  return JSON.stringify([addressesOf(name), columns, four]);
}

function rowsOf(table: 'route' | 'ipv6_route'): string[][] {
  const path = `/proc/net/${table}`;
  // Where IPv6 is switched off its table is not there.
  if (!fs.existsSync(path)) return [];
  const lines = fs.readFileSync(path, 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => line.trimEnd().split(/[ \t]+/));
  return table === 'route' ? rows.slice(1) : rows;
}

/** The kernel writes a number in the order of its processor, which is little-endian here. */
function ipv4Of(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}
