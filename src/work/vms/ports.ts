// The ports of this host's loopback that lead to a guest whose QEMU talks for it: what is published
// of it is passed on from there (../doors.ts). Spec: docs/machines.md, "Published ports".

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Forward } from '../../../work/qemu.ts';
import type { Spec } from '../../../work/spec.ts';

/** Where this host alone reaches a guest. */
export const LOCAL_ADDRESS = '127.0.0.1';

type Wanted = Pick<Forward, 'port' | 'protocol'>;

/** One for each that is published, and one for this host's own look at its health. */
export async function forwardsOf({ network, health }: Spec): Promise<readonly Forward[]> {
  if (network.mode !== 'egress') return [];
  const forwards: Forward[] = [];
  const isTaken = (hostPort: number): boolean => forwards.some((one) => one.hostPort === hostPort);
  const anyFree = async (protocol: Forward['protocol']): Promise<number> => {
    for (;;) {
      const port = await freePort(protocol, LOCAL_ADDRESS);
      if (!isTaken(port)) return port;
    }
  };
  const looked: readonly Wanted[] =
    health?.tcp === undefined ? [] : [{ port: health.tcp, protocol: 'tcp' }];
  for (const { port, protocol } of [...network.publish, ...looked]) {
    const hostPort = await anyFree(protocol);
    forwards.push({ protocol, address: LOCAL_ADDRESS, port, hostPort });
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
