// The addresses at which a window can be reached, as its console shows them.

import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** More than these help nobody who has to read one of them aloud. */
const SHOWN_MAX = 4;

/** HOST:PORT for a listener; those of every interface where it listens at all of them. */
export function addressesOf(host: string, port: number): string[] {
  const hosts = host === '0.0.0.0' || host === '::' ? ownHosts(host === '::') : [host];
  return hosts.slice(0, SHOWN_MAX).map((one) => `${isIPv6(one) ? `[${one}]` : one}:${port}`);
}

function ownHosts(withIpv6: boolean): string[] {
  // An address on the mesh is none for whoever is not in it.
  const all = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    /^kith[0-9a-f]{6}$/.test(name) ? [] : (addresses ?? []),
  );
  const outward = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const hosts = [
    ...outward.filter(({ family }) => family === 'IPv4'),
    ...outward.filter(({ family }) => withIpv6 && family === 'IPv6'),
  ].map(({ address }) => address);
  return hosts.length === 0 ? ['127.0.0.1'] : hosts;
}
