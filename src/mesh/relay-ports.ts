// The UDP ports of a relay: two beside each other for a pair, opened once however many ask, in both
// families where the machine has both. Spec: docs/links.md, "Relays".

import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';

export interface RelayPorts {
  /** This port and the next; false: one of them is another program's. */
  open(first: number): Promise<boolean>;
  shut(first: number): void;
  /** From this port; a source is what `received` was called with. */
  send(port: number, packet: Uint8Array, source: string): void;
  close(): Promise<void>;
}

type Received = (port: number, packet: Uint8Array, source: string) => void;

export function openPorts(received: Received): RelayPorts {
  const sockets = new Map<number, Socket>();
  const opening = new Map<number, Promise<boolean>>();

  async function openPair(first: number): Promise<boolean> {
    const ports = [first, first + 1];
    const made = await Promise.all(ports.map(bound));
    if (made.includes(null)) {
      for (const socket of made) socket?.close();
      return false;
    }
    for (const [i, socket] of (made as Socket[]).entries()) {
      const port = first + i;
      sockets.set(port, socket);
      socket.on('message', (packet, from) => {
        // Nothing can be sent back there, and trying to would throw.
        if (from.port !== 0) received(port, packet, sourceOf(from));
      });
    }
    return true;
  }

  function shut(first: number): void {
    for (const port of [first, first + 1]) {
      sockets.get(port)?.close();
      sockets.delete(port);
    }
  }

  return {
    open(first) {
      if (sockets.has(first)) return Promise.resolve(true);
      const underWay = opening.get(first) ?? openPair(first).finally(() => opening.delete(first));
      opening.set(first, underWay);
      return underWay;
    },
    shut,
    send(port, packet, source) {
      const [host, to] = placeOf(source);
      // A network that is gone: the packet is, too.
      sockets.get(port)?.send(packet, to, host, () => undefined);
    },
    async close() {
      await Promise.all(opening.values());
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}

async function bound(port: number): Promise<Socket | null> {
  return (await boundAs('udp6', port)) ?? boundAs('udp4', port);
}

function boundAs(type: 'udp4' | 'udp6', port: number): Promise<Socket | null> {
  const socket = createSocket({ type });
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, () => {
      socket.removeAllListeners('error').on('error', () => undefined);
      resolve(socket);
    });
  });
}

// As the socket says it, so that it can be sent to by the same words.
function sourceOf({ address, port }: RemoteInfo): string {
  return `${address} ${port}`;
}

function placeOf(source: string): [string, number] {
  const [host = '', port] = source.split(' ');
  return [host, Number(port)];
}
