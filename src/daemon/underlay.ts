// The underlay door of the daemon: the peer API (src/peer) on a port that stays the same from run
// to run, so that the addresses others know stay good. WireGuard has the same number over UDP, so
// that one address says both. Spec: docs/daemon.md, "The door".

import { type Replica, stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { isName } from '../../proto/names.ts';
import { type Reach, reachableIn } from '../genesis/reachable.ts';
import { interfaceName } from '../../wg/address.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { isFreeForUdp, somePortForUdp } from '../os/shared-port.ts';
import { listensOn } from '../os/wireguard.ts';
import type { Address } from '../peer/address.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import type { Lobby } from '../lobby/lobby.ts';
import type { Ingest } from '../peer/lines.ts';
import type { ServedLobby } from '../peer/lobby-pipes.ts';
import { servingOf } from '../peer/members.ts';
import type { PeerRoute } from '../peer/served.ts';
import { type PeerServer, servePeers } from '../peer/server.ts';
import { nodePlatform } from '../platform.ts';
import { systemCode } from '../store/faults.ts';
import type { Tell } from './events.ts';
import { type KeptPeer, readDoorPort, writeDoorPort } from './kept.ts';
import { DOOR_PORT, SHARED_PORT_TRIES_MAX } from './limits.ts';

/** Where a person wants the door; null: wherever it is best. */
export interface DoorPlace {
  readonly host: string | null;
  readonly port: number | null;
  /** Whether WireGuard wants the same number over UDP. */
  readonly shared: boolean;
}

export interface DoorParts {
  readonly home: HomeLedger;
  readonly host: KeyHost;
  readonly identity: PeerIdentity;
  readonly ingest: Ingest;
  readonly tell: Tell;
  /** Where newcomers wait that can only dial out, if this machine lets them. */
  readonly lobby: Lobby | null;
  /** A member that has come holds the same as this node. */
  readonly agreed: (key: Key) => void;
  /** Where peers have answered. */
  readonly kept: () => readonly KeptPeer[];
}

/** Opens the door. A port that was not asked for gives way to any that is free. */
export async function openDoor(parts: DoorParts, place: DoorPlace): Promise<PeerServer> {
  const { host, home } = parts;
  const known = readDoorPort(host, home.folder);
  const hosts = place.host === null ? ['::', '0.0.0.0'] : [place.host];
  const server = await firstThatOpens(parts, hosts, portsFor(parts, place, known));
  const { port } = server.address;
  try {
    if (port !== known) writeDoorPort(host, home.folder, port);
  } catch (error) {
    // It is open: another number the next time is the lesser evil.
    parts.tell({ event: 'failed', what: 'writing door.json', why: (error as Error).message });
  }
  return server;
}

/** The ports to be tried, the best first. One that a person has named is that or none. */
async function* portsFor(
  parts: DoorParts,
  { port, shared }: DoorPlace,
  known: number | null,
): AsyncGenerator<number, void, void> {
  if (port !== null && port !== 0) return yield port;
  const usual = known ?? DOOR_PORT;
  if (port === null && (!shared || (await isOpenForUdp(parts, usual)))) yield usual;
  // Some other program may have the number over TCP: it is free over one of the two by chance.
  for (let tries = 0; tries < SHARED_PORT_TRIES_MAX; tries++) {
    yield shared ? await somePortForUdp() : 0;
  }
}

/** Free, or held by our own interface, where a crash has left it: it is taken over. */
async function isOpenForUdp({ home, identity }: DoorParts, port: number): Promise<boolean> {
  if (await isFreeForUdp(port)) return true;
  return listensOn(interfaceName(home.replica.ledger, identity.publicKey, nodePlatform), port);
}

async function firstThatOpens(
  parts: DoorParts,
  hosts: readonly string[],
  ports: AsyncIterable<number>,
): Promise<PeerServer> {
  let fault: unknown;
  for await (const port of ports) {
    for (const host of hosts) {
      try {
        return await serveAt(parts, host, port);
      } catch (error) {
        fault ??= error;
        const code = systemCode(error);
        // The other family has the same port taken, and the first word is the better one.
        if (code === 'EADDRINUSE') break;
        // Another port would be refused for the same reason.
        if (host === hosts.at(-1) && code !== 'EACCES') throw fault;
      }
    }
  }
  throw fault;
}

interface Beside {
  readonly routes?: readonly PeerRoute[];
  /** Where the underlay door is, if this is another place. */
  readonly door?: Address;
}

function served(lobby: Lobby, { replica }: HomeLedger, tell: Tell): ServedLobby {
  return {
    lobby,
    nameOf: (member) => shownName(replica, member),
    tell: (member, newcomer, ended) => tell({ event: 'lobby', member, newcomer, ended }),
  };
}

/** What a member is called to somebody who knows nobody here. */
export function shownName(replica: Replica, member: Key): string {
  const shown = stateOf(replica).members.find(({ key }) => key === member)?.shown ?? '';
  return isName(shown) ? shown : 'a-member';
}

/** The peer API at one place, with what is served there beside the records. */
export async function serveAt(
  { home, identity, ingest, tell, agreed, kept, lobby }: DoorParts,
  host: string,
  port: number,
  { routes = [], door }: Beside = {},
): Promise<PeerServer> {
  const { replica } = home;
  const own = (): Reach['own'] => ({ key: identity.publicKey, door: door ?? server.address });
  const server = await servePeers({
    ...servingOf(home, identity.publicKey),
    routes,
    identity,
    listen: { host, port },
    ingest,
    ...(lobby === null ? {} : { lobby: served(lobby, home, tell) }),
    endpoints: () => reachableIn({ replica, kept: kept(), own: own() }),
    log(event) {
      switch (event.kind) {
        case 'turned-away':
          return tell({ event: 'turned-away', address: event.address, why: event.why });
        case 'faulty-peer':
          return tell({ event: 'faulty-peer', key: event.key });
        case 'agreed':
          return agreed(event.key);
        case 'ticket': {
          const { key, standing, address } = event;
          return tell({ event: 'ticket', key, standing, address });
        }
        case 'failed': {
          const why = event.error instanceof Error ? event.error.message : String(event.error);
          return tell({ event: 'failed', what: `a request of ${event.key}`, why });
        }
      }
    },
  });
  return server;
}
