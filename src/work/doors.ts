// Published ports of work that reaches out: this node listens on its own address on the mesh and
// passes on what members say there. Who comes from anywhere else is hung up on. A door stands from
// the start of the work to its end, and is opened again by a later daemon once there is a mesh.
// Spec: docs/machines.md, "Published ports".

import { type Socket as Datagrams, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { type Prefix, covers, parsePrefix } from '../../wg/ip.ts';
import { nodeAddress } from '../../wg/address.ts';
import { DOOR_CALLS_MAX, DOOR_QUIET_MS } from './limits.ts';
import type { MeshPlace } from './guest-net.ts';

export interface Door {
  readonly protocol: 'tcp' | 'udp';
  /** On the mesh address of this node. */
  readonly hostPort: number;
  /** Where the work takes it, on this host. */
  readonly to: Target;
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface Opened {
  close(): void;
}

/** Listens; rejects where it cannot, as when somebody else does. */
export async function openDoor(door: Door, mesh: MeshPlace): Promise<Opened> {
  const network = parsePrefix(mesh.network) as Prefix;
  const isMember = (address: string | undefined): boolean => {
    const from = address === undefined ? null : parsePrefix(address);
    return from !== null && covers(network, from);
  };
  const host = nodeAddress(mesh.prefix);
  return door.protocol === 'tcp' ? tcp(door, host, isMember) : udp(door, host, isMember);
}

/** Whether somebody on this machine has that port. */
export async function isTaken(
  protocol: Door['protocol'],
  port: number,
  mesh: MeshPlace,
): Promise<boolean> {
  try {
    const door = { protocol, hostPort: port, to: { host: '::1', port } };
    (await openDoor(door, mesh)).close();
    return false;
  } catch {
    return true;
  }
}

type IsMember = (address: string | undefined) => boolean;

async function tcp({ hostPort, to }: Door, host: string, isMember: IsMember): Promise<Opened> {
  const calls = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (from) => {
    from.on('error', () => undefined);
    if (!isMember(from.remoteAddress)) return void from.destroy();
    const on = connect({ ...to, allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [
      [from, on],
      [on, from],
    ] as const) {
      calls.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        calls.delete(one);
        // What ended well was said to the other one already; what broke ends both.
        if (one.errored !== null || !one.readableEnded) other.destroy();
      });
      one.pipe(other);
    }
  });
  server.maxConnections = DOOR_CALLS_MAX;
  server.listen({ host, port: hostPort, ipv6Only: true });
  await once(server, 'listening');
  server.on('error', () => undefined);
  return {
    close() {
      server.close();
      for (const call of calls) call.destroy();
    },
  };
}

/** A socket for each who asks, so that answers find back; the longest silent go first. */
async function udp({ hostPort, to }: Door, host: string, isMember: IsMember): Promise<Opened> {
  const server = createSocket({ type: 'udp6', ipv6Only: true });
  const callers = new Map<string, { readonly on: Datagrams; readonly quiet: NodeJS.Timeout }>();
  const drop = (name: string): void => {
    const caller = callers.get(name);
    callers.delete(name);
    if (caller === undefined) return;
    clearTimeout(caller.quiet);
    caller.on.close();
  };
  server.on('message', (bytes, { address, port }) => {
    if (!isMember(address)) return;
    const name = `${address} ${port}`;
    let caller = callers.get(name);
    if (caller === undefined) {
      const [oldest] = callers.keys();
      if (callers.size >= DOOR_CALLS_MAX && oldest !== undefined) drop(oldest);
      const on = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
      on.on('error', () => drop(name));
      on.on('message', (answer) => server.send(answer, port, address, () => undefined));
      on.unref();
      caller = { on, quiet: setTimeout(drop, DOOR_QUIET_MS, name).unref() };
    }
    // Last in the order of the map: the one that was silent longest stands first.
    callers.delete(name);
    callers.set(name, caller);
    caller.quiet.refresh();
    caller.on.send(bytes, to.port, to.host, () => undefined);
  });
  server.bind({ address: host, port: hostPort, exclusive: true });
  await once(server, 'listening');
  server.on('error', () => undefined);
  return {
    close() {
      server.close();
      for (const name of [...callers.keys()]) drop(name);
    },
  };
}
