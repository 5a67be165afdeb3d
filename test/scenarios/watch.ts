// What the daemons of a laboratory say of their mesh, asked over their own sockets, and the
// conditions that scenarios wait for.

import type { PeerLink } from '../../proto/status.ts';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Replies } from '../../src/daemon/routes.ts';
import type { Host } from '../lab/host.ts';
import { until } from '../lab/until.ts';

/** IPv6 and ICMP, before the data of an echo. */
const HEADERS = 48;
/** A path is measured seconds after it is found; where an answer got lost, a minute later. */
const MTU_LIMIT_MS = 180_000;

async function linksOf(own: Host): Promise<readonly PeerLink[]> {
  return (await askDaemon(own.folder, 'peers', undefined)).peers;
}

/** The link of one host to another, by name. */
export async function linkTo(own: Host, other: Host): Promise<PeerLink> {
  const link = (await linksOf(own)).find(({ name }) => name === other.name);
  if (link === undefined) throw new Error(`${own.name} has no link to ${other.name}`);
  return link;
}

export function nodesOf(own: Host): Promise<Replies['nodes']['nodes']> {
  return askDaemon(own.folder, 'nodes', undefined).then(({ nodes }) => nodes);
}

export async function meshOf(own: Host): Promise<Replies['status']['mesh']> {
  return (await askDaemon(own.folder, 'status', undefined)).mesh;
}

/** Waits until each of these hosts has a link to each other one, of one of these paths. */
export async function linked(
  hosts: readonly Host[],
  paths: readonly PeerLink['path'][] = ['direct', 'lan', 'punched', 'relay'],
): Promise<void> {
  for (const own of hosts) {
    for (const other of hosts) {
      if (own === other) continue;
      await until(`${own.name} is linked to ${other.name}: ${paths.join(' or ')}`, async () => {
        const link = await linkTo(own, other);
        if (paths.includes(link.path)) return true;
        throw new Error(`${link.path}: ${link.why}`);
      });
    }
  }
}

/** Waits until they all hold the same, and answers the root of it. */
export function agreed(hosts: readonly Host[]): Promise<string> {
  return until('all hold the same', async () => {
    const ledgers = await Promise.all(
      hosts.map(({ folder }) => askDaemon(folder, 'ledger', undefined)),
    );
    const [first, ...others] = ledgers.map(({ stateRoot }) => stateRoot);
    return first !== undefined && others.every((root) => root === first) ? first : null;
  });
}

/** Waits until each of these hosts hears the heart of each other one. */
export async function heard(hosts: readonly Host[]): Promise<void> {
  for (const own of hosts) {
    await until(`${own.name} hears ${hosts.length - 1} others`, async () => {
      const { heard: number } = await meshOf(own);
      return number >= hosts.length - 1;
    });
  }
}

/** Waits until one packet from each reaches each other by its name, and comes back. */
export async function pinged(hosts: readonly Host[]): Promise<void> {
  for (const own of hosts) {
    for (const other of hosts) {
      if (own === other) continue;
      await until(`${own.name} pings ${other.name}`, async () => {
        return (await own.ping(`${other.name}.kith`)).received === 1;
      });
    }
  }
}

/** Waits until the path from one to the other is measured, and carries so much. */
export function carries(own: Host, other: Host, mtu: number): Promise<boolean> {
  return until(
    `${own.name} sends ${other.name} packets of ${mtu} bytes`,
    async () => {
      const link = await linkTo(own, other);
      if (link.mtu === mtu && link.path !== 'down') return true;
      throw new Error(JSON.stringify(link));
    },
    MTU_LIMIT_MS,
  );
}

/** Whether packets of so many bytes, none of them in pieces, come back. */
export async function passes(
  own: Host,
  other: Host,
  bytes: number,
  whole = true,
): Promise<boolean> {
  const options = { count: 3, sizeBytes: bytes - HEADERS, whole };
  return (await own.ping(`${other.name}.kith`, options)).received > 0;
}
