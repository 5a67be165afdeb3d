// Network interfaces as this process sees them. From /proc, which follows the network namespace of
// the process; /sys shows that of whoever mounted it.

import fs from 'node:fs';
import os from 'node:os';
import { ROUTES_BYTES_MAX } from './limits.ts';

/** Whether there is one, up or not. */
export function isInterface(name: string): boolean {
  return fs
    .readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`));
}

/** `ADDRESS/BITS` of one that is up; of one that is down, nothing. */
export function addressesOf(name: string): string[] {
  return os.networkInterfaces()[name]?.flatMap(({ cidr }) => cidr ?? []) ?? [];
}

interface Route {
  readonly device: string;
  /** `NETWORK/BITS`. */
  readonly prefix: string;
  readonly gateway: string;
}

/**
 * IPv4 prefixes that this machine reaches otherwise than through interfaces like these. Of a large
 * table, as a router has, it takes a good part of a second: `hasManyRoutes` says so beforehand.
 */
export function prefixesOutside(isMesh: (name: string) => boolean): string[] {
  const text = fs.readFileSync('/proc/net/route', 'utf8');
  return routes4In(text).flatMap(({ device, prefix }) => (isMesh(device) ? [] : [prefix]));
}

/** Whether there are more IPv4 routes than may be read every few seconds. */
export function hasManyRoutes(): boolean {
  return textOf('route') === null;
}

/** The IPv4 routes of the main table, without the default one. */
function routes4In(text: string): Route[] {
  const rows = rowsIn(text).slice(1);
  return rows.flatMap(([device = '', network = '', gateway = '', , , , , mask = '']) => {
    const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return bits > 0 ? [{ device, prefix: `${ipv4Of(network)}/${bits}`, gateway }] : [];
  });
}

/**
 * What can be seen of the routes over a link without a tool, their MTU excepted: it differs where
 * they do. Null: there are so many, over whatever link, that looking costs more than it saves.
 */
export function routesOn(name: string): string | null {
  const [four, six] = [textOf('route'), textOf('ipv6_route')];
  if (four === null || six === null) return null;
  const rows = rowsIn(six).filter((row) => row.at(-1) === name);
  // Whither, how far, over which gateway, with which rank: not how often it was used.
  const columns = rows.map(([to, bits, , , gateway, metric]) => [to, bits, gateway, metric]);
  return JSON.stringify([columns, routes4In(four).filter(({ device }) => device === name)]);
}

/** One for all reads: each is over before the next begins. */
const bytes: Buffer = Buffer.allocUnsafeSlow(ROUTES_BYTES_MAX);

/**
 * A table of routes; null where it is larger than may be read every few seconds. Never more than
 * the bound is read: the kernel finds its place in that of IPv6 anew for each page.
 */
function textOf(table: 'route' | 'ipv6_route'): string | null {
  const path = `/proc/net/${table}`;
  // Where IPv6 is switched off its table is not there.
  if (!fs.existsSync(path)) return '';
  const file = fs.openSync(path, 'r');
  try {
    let size = 0;
    while (size < bytes.length) {
      const more = fs.readSync(file, bytes, size, bytes.length - size, null);
      if (more === 0) return bytes.toString('latin1', 0, size);
      size += more;
    }
    return null;
  } finally {
    fs.closeSync(file);
  }
}

function rowsIn(text: string): string[][] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => line.trimEnd().split(/[ \t]+/));
}

/** The kernel writes a number in the order of its processor, which is little-endian here. */
function ipv4Of(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}
