// Whether a port of a guest takes a connection. Where QEMU talks for the guest it takes every
// connection itself, so it is asked whether the guest has taken it, too. Spec: docs/machines.md,
// "Health".

import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../os/clock.ts';
import { connectTo, isTaken } from '../taking.ts';
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
  const socket = connectTo({ host, port: at });
  try {
    if (!(await isTaken(socket, limitMs))) return false;
    if (net.address !== null) return true;
    while (monotonicMs() < endMs && !socket.destroyed && !socket.readableEnded) {
      if (isBeyond(await ask('info usernet'), at)) return true;
      await pause(HEALTH_LOOK_MS);
    }
    return false;
  } finally {
    socket.destroy();
  }
}

/** Lines of `TCP[STATE] FD SOURCE PORT DESTINATION PORT …`; nobody else knows the port. */
function isBeyond(table: string, hostPort: number): boolean {
  return table.split('\n').some((line) => {
    const words = line.trim().split(/\s+/);
    return words[0] === 'TCP[ESTABLISHED]' && words[3] === String(hostPort);
  });
}
