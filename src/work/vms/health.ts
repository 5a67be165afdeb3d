// Whether a port of a guest takes a connection. Where QEMU talks for the guest it takes every
// connection itself, so it is asked whether the guest has taken it, too. Spec: docs/machines.md,
// "Health".

import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../os/clock.ts';
import { HEALTH_LOOK_MS } from './limits.ts';
import type { Note } from './note.ts';
import { LOCAL_ADDRESS } from './ports.ts';

export async function answers(
  { net, started }: Note,
  port: number,
  limitMs: number,
  ask: (line: string) => Promise<string>,
): Promise<boolean> {
  const endMs = monotonicMs() + limitMs;
  // The last is its own: by a published one others may be connected.
  const door = started?.forwards.findLast((one) => one.protocol === 'tcp' && one.port === port);
  const [host, at] = net.address === null ? [LOCAL_ADDRESS, door?.hostPort] : [net.address, port];
  if (at === undefined) return false;
  const socket = connect({ host, port: at });
  socket.on('error', () => undefined);
  socket.resume();
  try {
    if (!(await opened(socket, limitMs))) return false;
    if (net.address !== null) return true;
    while (monotonicMs() < endMs && !socket.destroyed && !socket.readableEnded) {
      if (isTaken(await ask('info usernet'), at)) return true;
      await pause(HEALTH_LOOK_MS);
    }
    return false;
  } finally {
    socket.destroy();
  }
}

function opened(socket: Socket, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, limitMs, false);
    socket.once('connect', () => {
      clearTimeout(late);
      resolve(true);
    });
    socket.once('close', () => {
      clearTimeout(late);
      resolve(false);
    });
  });
}

/** Lines of `TCP[STATE] FD SOURCE PORT DESTINATION PORT …`; nobody else knows the port. */
function isTaken(table: string, hostPort: number): boolean {
  return table.split('\n').some((line) => {
    const words = line.trim().split(/\s+/);
    return words[0] === 'TCP[ESTABLISHED]' && words[3] === String(hostPort);
  });
}
