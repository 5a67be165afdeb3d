// The mesh of a daemon: raised when the door is open, tried again while something is in the way,
// and gone when the daemon stops. Whatever fails here is told in one clear line; the ledger goes on
// without it. What a raised mesh consists of stands in raised.ts. Spec: docs/mesh.md.

import type { MeshStatus, PeerLink } from '../../proto/status.ts';
import type { Key } from '../../proto/ids.ts';
import { type Result, refuse } from '../../proto/result.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { NodeFacts, Ping, Rotated } from './facts.ts';
import { RAISE_AGAIN_MS } from './limits.ts';
import type { MeshPlace } from '../work/guest-net.ts';
import { type MeshParts, type Raised, raise } from './raised.ts';

export interface Mesh {
  status(): MeshStatus;
  peers(): readonly PeerLink[];
  nodes(): readonly NodeFacts[];
  /** Datagrams that were dropped at the heart's port since it was raised, by why. */
  refusedBeats(): Readonly<Record<string, number>>;
  /** These throw a `DaemonFault` where there is no mesh, or no such peer. */
  ping(node: Key): Promise<Ping>;
  relink(node: Key | null): number;
  rotate(): Promise<Rotated>;
  /** The address of a member on the mesh; null: there is none. */
  addressOf(member: Key): string | null;
  /** Where guests of this node belong; null while there is no mesh. */
  place(): MeshPlace | null;
  /** Records were taken in: members, keys and names may be others now. */
  ledgerChanged(): void;
  stop(): Promise<void>;
}

interface Running {
  readonly parts: MeshParts;
  raised: Raised | null;
  raising: Promise<void> | null;
  /** The one that broke down is being taken away: it has the names and the interface. */
  falling: Promise<void>;
  why: string | null;
  timer: NodeJS.Timeout | null;
  isStopped: boolean;
}

/** A mesh that is being raised: whether it is there says its status. */
export function startMesh(parts: MeshParts): Mesh {
  const running: Running = {
    ...{ parts, raised: null, raising: null, falling: Promise.resolve() },
    ...{ why: null, timer: null, isStopped: false },
  };
  tryToRaise(running);
  return {
    status: () => running.raised?.status() ?? downStatus(running),
    peers: () => running.raised?.peers() ?? [],
    nodes: () => running.raised?.nodes() ?? [],
    refusedBeats: () => running.raised?.refusedBeats() ?? {},
    ping: async (node) => raisedOf(running).ping(node),
    relink: (node) => raisedOf(running).relink(node),
    rotate: async () => raisedOf(running).rotate(),
    addressOf: (member) => running.raised?.addressOf(member) ?? null,
    place: () => running.raised?.place() ?? null,
    ledgerChanged: () => running.raised?.ledgerChanged(),
    async stop() {
      running.isStopped = true;
      if (running.timer !== null) clearTimeout(running.timer);
      await running.raising;
      await running.falling;
      await running.raised?.stop();
    },
  };
}

function tryToRaise(running: Running): void {
  const { parts } = running;
  running.timer = null;
  running.raising = running.falling
    .then(() => raiseSafely(parts, (why) => fell(running, why)))
    .then((raised) => {
      running.raising = null;
      if (raised.ok) {
        running.raised = raised.value;
        running.why = null;
      } else fell(running, raised.detail);
    });
}

/** A fault of ours in here must not take the ledger with it. */
async function raiseSafely(
  parts: MeshParts,
  fall: (why: string) => void,
): Promise<Result<Raised, 'no-mesh'>> {
  try {
    return await raise(parts, fall);
  } catch (error) {
    return refuse('no-mesh', error instanceof Error ? error.message : String(error));
  }
}

/** It could not be raised, or has broken down: told where it is news, and tried again. */
function fell(running: Running, why: string): void {
  const { parts, raised } = running;
  running.raised = null;
  if (why !== running.why) parts.tell({ event: 'mesh-failed', why });
  running.why = why;
  if (raised !== null) running.falling = raised.stop().catch(() => undefined);
  if (running.isStopped || running.timer !== null) return;
  running.timer = setTimeout(tryToRaise, RAISE_AGAIN_MS, running);
}

function raisedOf({ raised }: Running): Raised {
  if (raised === null) throw new DaemonFault('no-mesh');
  return raised;
}

function downStatus({ why, parts }: Running): MeshStatus {
  const status = withoutMesh(why, parts.calendar.behindMs());
  return { ...status, state: why === null ? 'starting' : 'failed' };
}

/** What is said of a mesh that nobody wants, or that cannot be. */
export function withoutMesh(why: string | null, clockBehindMs: number): MeshStatus {
  return {
    ...{ state: 'off', why, interface: null, backend: null, network: null, address: null },
    ...{ ipv4: null, listenPort: null, links: { up: 0, of: 0 }, heard: 0, reconciled: false },
    ...{ coverage: [], alarms: [], clockBehindMs },
  };
}
