// Whether a port takes a connection, within a time.

import { type Socket, connect } from 'node:net';

export interface Port {
  readonly host: string;
  readonly port: number;
}

export async function takesConnection(port: Port, limitMs: number): Promise<boolean> {
  const socket = connectTo(port);
  try {
    return await isTaken(socket, limitMs);
  } finally {
    socket.destroy();
  }
}

/** Its errors are told by its close. */
export function connectTo(port: Port): Socket {
  const socket = connect({ ...port });
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

export function isTaken(socket: Socket, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, limitMs, false);
    const is = (taken: boolean) => () => {
      clearTimeout(late);
      resolve(taken);
    };
    socket.once('connect', is(true));
    socket.once('close', is(false));
  });
}
