// Addresses as a person types them: where a peer is, and where to listen. One to listen at is a
// number or `localhost`.

import { isIP } from 'node:net';
import { type Address, hostAndPort, urlIn } from '../peer/address.ts';
import { type Complaint, wrongUse } from './complaint.ts';

/** The place named by `--listen`: an address of this machine, port 0 for any. */
export function listenAddress(text: string): Address | Complaint {
  const address = hostAndPort(text);
  if (address !== null && isOwnAddress(address.host)) return address;
  return wrongUse(`--listen is no address: ${text}`, 'say --listen 127.0.0.1:7447, or port 0');
}

function isOwnAddress(host: string): boolean {
  return isIP(host) !== 0 || host === 'localhost';
}

/** The host of `--listen` and the port, each null where it was left open. */
export function doorPlace(
  listen: string | undefined,
  port: string | undefined,
): { readonly host: string | null; readonly port: number | null } | Complaint {
  const number = port === undefined ? null : Number(port);
  if (port !== undefined && (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535)) {
    return wrongUse(`--port is no port: ${port}`, 'say a number up to 65535, or 0 for any');
  }
  if (listen === undefined) return { host: null, port: number };
  if (isOwnAddress(listen)) return { host: listen, port: number };
  const address = listenAddress(listen);
  if ('what' in address || number === null) return address;
  return wrongUse('--listen names a port, and so does --port', 'say one of them');
}

/** The URL of a peer: `https://HOST:PORT` or `HOST:PORT`. */
export function peerUrl(text: string): string | Complaint {
  return urlIn(text) ?? wrongUse(`URL is no address of a peer: ${text}`, 'say https://HOST:PORT');
}
