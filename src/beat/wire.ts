// The heart's socket: UDP on the node's own mesh address and nothing else, so that what arrives has
// come through WireGuard from an address that only its owner can use. It knows no packets.
// Spec: docs/heartbeat.md, "Where it is spoken".

import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { MESH_PORT } from './limits.ts';

export interface Wire {
  readonly port: number;
  /** Sends, or does not: a datagram that is lost is the network's daily bread. */
  send(packet: Uint8Array, address: string): void;
  close(): Promise<void>;
}

export type Arrived = (bytes: Uint8Array, address: string) => void;

/** `address`: the node's own. Rejects where it cannot be bound. */
export function openWire(
  address: string,
  arrived: Arrived,
  port: number = MESH_PORT,
): Promise<Wire> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      // A socket whose address was taken away hears nothing until it is opened again.
      socket.on('error', () => undefined);
      const bound = socket.address().port;
      let open = true;
      resolve({
        port: bound,
        send(packet, to) {
          if (open) socket.send(packet, bound, to, () => undefined);
        },
        close: () =>
          new Promise((closed) => {
            if (!open) return closed();
            open = false;
            socket.close(() => closed());
          }),
      });
    });
    socket.on('message', (bytes, from) => arrived(bytes, from.address));
  });
}

/** One spelling for each address, as the system writes it. */
export function plainAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
