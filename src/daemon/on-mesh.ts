// The mesh as the daemon has it: what it is raised with, and what the local API asks of it. A copy
// of a folder, and a daemon that is to have none, say so. Spec: docs/daemon.md, "The mesh".

import type { MeshStatus } from '../../proto/status.ts';
import type { Key } from '../../proto/ids.ts';
import { createFacts } from '../beat/facts.ts';
import { nvidia } from '../beat/gpu.ts';
import { openIdentity } from '../keys/identity.ts';
import { type Mesh, startMesh, withoutMesh } from '../mesh/mesh.ts';
import { metricsText } from '../mesh/metrics.ts';
import { rotateAlone } from '../mesh/own-key.ts';
import type { PeerServer } from '../peer/server.ts';
import type { Behind } from './api.ts';
import { workMetrics } from './on-hosting.ts';
import { DaemonFault } from './refusals.ts';
import type { Status } from './routes.ts';
import type { Daemon } from './running.ts';
import type { Syncing } from './syncing.ts';
import { type DoorParts, serveAt } from './underlay.ts';

/** The mesh of a daemon whose door is open, or null where there is to be none. */
export function meshOf(
  daemon: Daemon,
  parts: DoorParts,
  door: PeerServer,
  syncing: Syncing,
): Mesh | null {
  const { wishes, voice, host, folder, calendar, tell, version, work } = daemon;
  if (wishes === null || voice.copied) return null;
  const identity = openIdentity(host, folder);
  if (!identity.ok) throw new DaemonFault(identity.code, identity.detail);
  return startMesh({
    ...{ home: parts.home, host, identity: identity.value, calendar, tell, version, syncing },
    ...{ door, wishes, work: work?.mesh ?? null },
    facts: work?.facts ?? createFacts({ folder, cards: nvidia }),
    // A lobby is asked for at doors alone (whereabouts.ts): here everybody is in already.
    serve: (place, routes) =>
      serveAt({ ...parts, lobby: null }, place.host, place.port, { routes, door: door.address }),
  });
}

export function meshStatusOf({ mesh, wishes, voice, calendar }: Daemon): MeshStatus {
  if (mesh !== null) return mesh.status();
  const why =
    wishes === null
      ? 'it was started with --no-mesh'
      : voice.copied
        ? 'this folder is a copy'
        : 'the ledger here does not know this machine as a node yet';
  return withoutMesh(why, calendar.behindMs());
}

/** The part of the local API that is about the mesh. */
export function meshBehind(
  daemon: Daemon,
  status: () => Status,
): Pick<Behind, 'peers' | 'nodes' | 'ping' | 'relink' | 'rotate' | 'metrics'> {
  const needed = (): Mesh => {
    const { state, why } = meshStatusOf(daemon);
    if (daemon.mesh === null || state === 'failed') throw new DaemonFault('no-mesh', why ?? '');
    return daemon.mesh;
  };
  return {
    peers: () => ({ peers: needed().peers() }),
    // Without a mesh this node is the only one, and what it offers is known all the same.
    nodes: () => ({
      nodes: daemon.mesh?.nodes() ?? [...(daemon.work?.seen().heard.values() ?? [])],
    }),
    ping: async (node: Key) => needed().ping(node),
    relink: (node: Key | null) => ({ links: needed().relink(node) }),
    async rotate() {
      const { mesh, home, host, calendar, voice } = daemon;
      if (mesh?.status().state === 'up') return mesh.rotate();
      if (home === null || voice.copied) throw new DaemonFault('no-mesh');
      const rotated = await rotateAlone(host, home, calendar.nowMs);
      if (!rotated.ok) throw new DaemonFault(rotated.code, rotated.detail);
      return rotated.value;
    },
    metrics() {
      const { mesh } = daemon;
      const [peers, nodes] = [mesh?.peers() ?? [], mesh?.nodes() ?? []];
      return metricsText(status(), peers, nodes, mesh?.refusedBeats() ?? {}, workMetrics(daemon));
    },
  };
}
