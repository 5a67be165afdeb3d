// Where a peer is: host and port, as people write them and as URLs name them. Names are looked up
// only where somebody dials.

import { isIP } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
// A name holds none of what ends or splits the host of a URL, or is spelled otherwise there: with
// a backslash `lamp\\x:80` would be read as the host `lamp` and a path.
const NAME = '[^:[\\]\\\\/@?#%<>^|\\p{Cc}\\s]+';
const IPV6 = '\\[([0-9a-fA-F:.]+(?:%[0-9A-Za-z._-]{1,15})?)\\]';
const HOST_AND_PORT = new RegExp(`^(?:${IPV6}|(${NAME})):([0-9]{1,5})$`, 'u');

/** HOST:PORT with a bracketed IPv6 host, which may name its link (`[fe80::1%eth0]`); else null. */
export function hostAndPort(text: string): Address | null {
  const found = HOST_AND_PORT.exec(text);
  const [, ipv6, name, port] = found ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > PORT_MAX) return null;
  return ipv6 !== undefined && isIP(ipv6) !== 6 ? null : { host, port: Number(port) };
}

/** The URL of a peer named as `https://HOST:PORT` or `HOST:PORT`; null where it is no address. */
export function urlIn(text: string): string | null {
  const address = hostAndPort(text.replace(/^https:\/\//, '').replace(/\/$/, ''));
  return address === null || address.port === 0 ? null : urlOf(address);
}

export function urlOf(address: Address): string {
  return `https://${textOfAddress(address)}`;
}

export function textOfAddress({ host, port }: Address): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
