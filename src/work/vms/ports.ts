// The ports of this host that lead to a guest whose QEMU talks for it. Spec: docs/machines.md,
// "Egress".

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Forward } from '../../../work/qemu.ts';
import type { Spec } from '../../../work/spec.ts';

/** Where this host alone looks after the health of a guest. */
export const HEALTH_ADDRESS = '127.0.0.1';

/** One for each that is published, and one for this host's own look at its health. */
export async function forwardsOf({ network, health }: Spec): Promise<readonly Forward[]> {
  if (network.mode !== 'egress') return [];
  const forwards: Forward[] = [];
  const isTaken = (hostPort: number): boolean => forwards.some((one) => one.hostPort === hostPort);
  const anyFree = async (protocol: Forward['protocol'], address: string): Promise<number> => {
    for (;;) {
      const port = await freePort(protocol, address);
      if (!isTaken(port)) return port;
    }
  };
  for (const { port, hostPort, protocol } of network.publish) {
    forwards.push({
      ...{ protocol, address: '', port },
      hostPort: hostPort ?? (await anyFree(protocol, '0.0.0.0')),
    });
  }
  const looked = health?.tcp;
  if (looked !== undefined) {
    const address = HEALTH_ADDRESS;
    const hostPort = await anyFree('tcp', address);
    forwards.push({ protocol: 'tcp', address, port: looked, hostPort });
  }
  return forwards;
}

/** One that nobody listens on now. */
async function freePort(protocol: Forward['protocol'], address: string): Promise<number> {
  if (protocol === 'udp') {
    const socket = createSocket('udp4').bind(0, address);
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    return port;
  }
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
