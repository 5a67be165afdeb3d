// One number for two: the underlay door takes it over TCP, WireGuard over UDP. Here is asked
// whether a number is free over UDP on every address, and one is found that is. Spec:
// docs/daemon.md, "The door".

import { type Socket, createSocket } from 'node:dgram';
import { systemCode } from '../store/faults.ts';

/** Whether WireGuard could listen there: it takes every address of both families. */
export async function isFreeForUdp(port: number): Promise<boolean> {
  const held: Socket[] = [];
  try {
    for (const family of ['udp6', 'udp4'] as const) {
      const socket = await boundTo(family, port);
      if (socket === 'taken') return false;
      if (socket !== 'no-family') held.push(socket);
    }
    return held.length > 0;
  } finally {
    await Promise.all(held.map(closed));
  }
}

/** A number that is free over UDP just now. */
export async function somePortForUdp(): Promise<number> {
  for (;;) {
    const socket = await boundTo('udp4', 0);
    if (typeof socket === 'string') throw new Error('no UDP port is free');
    const { port } = socket.address();
    await closed(socket);
    if (await isFreeForUdp(port)) return port;
  }
}

function boundTo(type: 'udp4' | 'udp6', port: number): Promise<Socket | 'taken' | 'no-family'> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      const code = systemCode(error);
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve('taken');
      else if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') resolve('no-family');
      else reject(error);
    });
    socket.bind({ port, exclusive: true }, () => resolve(socket));
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.close(resolve));
}
