// Where this machine can be sent to, by its own interfaces: what it tells peers of itself, and what
// is no place to look for them.

import { networkInterfaces } from 'node:os';
import { isInterfaceName } from '../../wg/address.ts';

/** Addresses of this machine that mean something to others, with a port. */
export function ownEndpoints(port: number): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    isInterfaceName(name)
      ? []
      : (infos ?? [])
          .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
          .map(({ address, family }) =>
            family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
          ),
  );
}

/** Differs when an interface or an address came or went. */
export function networkPrint(): string {
  return ownEndpoints(0).toSorted().join(' ');
}
