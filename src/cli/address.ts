// Where a peer is, and where to listen: what a person types, as host and port. An address is a
// number or `localhost`; names are looked up only where a person dials.

import { isIP } from 'node:net';
import { type Complaint, wrongUse } from './complaint.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** HOST:PORT with a bracketed IPv6 host; null where it is none. */
function hostAndPort(text: string): Address | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@?#\s]+)):([0-9]{1,5})$/.exec(text);
  const [, ipv6, name, port] = found ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > PORT_MAX) return null;
  return ipv6 !== undefined && isIP(ipv6) !== 6 ? null : { host, port: Number(port) };
}

/** The place named by `--listen`: an address of this machine, port 0 for any. */
export function listenAddress(text: string): Address | Complaint {
  const address = hostAndPort(text);
  if (address !== null && (isIP(address.host) !== 0 || address.host === 'localhost')) {
    return address;
  }
  return wrongUse(`--listen is no address: ${text}`, 'say --listen 127.0.0.1:7447, or port 0');
}

/** The URL of a peer: `https://HOST:PORT` or `HOST:PORT`. */
export function peerUrl(text: string): string | Complaint {
  const address = hostAndPort(text.replace(/^https:\/\//, '').replace(/\/$/, ''));
  if (address === null || address.port === 0) {
    return wrongUse(`URL is no address of a peer: ${text}`, 'say https://HOST:PORT');
  }
  return urlOf(address);
}

export function urlOf({ host, port }: Address): string {
  return `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
