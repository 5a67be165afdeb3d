// Work that reaches out, and what is published of it: before it starts it is kept from the mesh,
// then its doors are opened, and all of that goes with its run. What an earlier daemon had is taken
// over as it is found. Spec: docs/machines.md, "Published ports".

import { type Result, ok, refuse } from '../../proto/result.ts';
import type { FailCode } from '../../work/failures.ts';
import type { PublishedPort, Tag } from '../../work/lease.ts';
import { type Opened, isTaken, openDoor } from './doors.ts';
import type { Order, Running } from './driver.ts';
import type { GuestNet, MeshPlace } from './guest-net.ts';
import { DOOR_AGAIN_MS } from './limits.ts';

type Named = Omit<PublishedPort, 'port'>;

export interface Publishing {
  /** Before it starts. */
  ready(order: Order): Promise<Result<void, FailCode>>;
  /** Once it runs. */
  open(order: Order, running: Running): Promise<Result<void, FailCode>>;
  /** It was found after a start: as soon as there is a mesh, and a target. */
  found(order: Order, running: Running): void;
  /** Whether its doors stand now. */
  holds(tag: Tag): boolean;
  /** It has ended: nobody is let in any more. */
  shut(tag: Tag): void;
  /** Nothing of it is left. */
  leave(tag: Tag): Promise<void>;
  /** Of these ports, those that somebody else on this host has: as 80/tcp. */
  taken(ports: readonly Named[]): Promise<readonly string[]>;
  close(): void;
}

interface Wanted {
  readonly order: Order;
  readonly running: Running;
  opened: readonly Opened[] | null;
  isOpening: boolean;
}

interface Own {
  readonly net: GuestNet;
  readonly mesh: () => MeshPlace | null;
  readonly wanted: Map<string, Wanted>;
  timer: NodeJS.Timeout | null;
}

export function createPublishing(net: GuestNet, mesh: () => MeshPlace | null): Publishing {
  const own: Own = { net, mesh, wanted: new Map(), timer: null };
  return {
    ready: async (order) => (reachesOut(order) ? net.shut(shutOf(order)) : ok(undefined)),
    async open(order, running) {
      if (!isPublished(order)) return ok(undefined);
      const it = want(own, order, running);
      const refused = await opened(own, it);
      if (refused === null) return ok(undefined);
      shut(own, order.tag);
      return refuse('no-network', refused);
    },
    found(order, running) {
      if (reachesOut(order)) net.adopt({ shut: [shutOf(order)] });
      if (!isPublished(order)) return;
      const it = want(own, order, running);
      void opened(own, it);
      own.timer ??= setInterval(() => lookAgain(own), DOOR_AGAIN_MS).unref();
    },
    holds: (tag) => (own.wanted.get(keyOf(tag))?.opened ?? null) !== null,
    shut: (tag) => shut(own, tag),
    async leave(tag) {
      shut(own, tag);
      await net.leave(tag);
    },
    async taken(ports) {
      const place = mesh();
      if (place === null) return [];
      const found = await Promise.all(
        ports.map(async ({ protocol, hostPort }) =>
          (await isTaken(protocol, hostPort, place)) ? [`${hostPort}/${protocol}`] : [],
        ),
      );
      return found.flat();
    },
    close() {
      if (own.timer !== null) clearInterval(own.timer);
      for (const { order } of [...own.wanted.values()]) shut(own, order.tag);
    },
  };
}

function keyOf({ id, generation }: Pick<Tag, 'id' | 'generation'>): string {
  return `${id}.${generation}`;
}

const reachesOut = ({ spec }: Order): boolean => spec.network.mode === 'egress';
const isPublished = (order: Order): boolean => reachesOut(order) && order.ports.length > 0;

function shutOf({ tag: { id, generation }, ports }: Order): Parameters<GuestNet['shut']>[0] {
  const own = ports.map(({ hostPort, protocol }) => ({ port: hostPort, protocol }));
  return { id, generation, ports: own };
}

function want({ wanted }: Own, order: Order, running: Running): Wanted {
  const it: Wanted = { order, running, opened: null, isOpening: false };
  wanted.set(keyOf(order.tag), it);
  return it;
}

/** All of its doors, or none and why. */
async function opened(own: Own, it: Wanted): Promise<string | null> {
  const mesh = own.mesh();
  if (mesh === null) return 'this host is not on the mesh now';
  const { order, running } = it;
  const made: Opened[] = [];
  it.isOpening = true;
  try {
    for (const { protocol, hostPort, port } of order.ports) {
      const to = running.reach?.(protocol, port) ?? null;
      if (to === null)
        throw new Error(`port ${port}/${protocol} of it cannot be reached from here`);
      made.push(await openDoor({ protocol, hostPort, to }, mesh));
    }
    if (own.wanted.get(keyOf(order.tag)) !== it) throw new Error('it has ended');
    it.opened = made;
    return null;
  } catch (error) {
    for (const one of made) one.close();
    return (error as Error).message;
  } finally {
    it.isOpening = false;
  }
}

function shut({ wanted }: Own, tag: Tag): void {
  const it = wanted.get(keyOf(tag));
  wanted.delete(keyOf(tag));
  for (const one of it?.opened ?? []) one.close();
}

/** The mesh comes up after the work was found, or its address was not there yet. */
function lookAgain(own: Own): void {
  let isLacking = false;
  for (const it of own.wanted.values()) {
    if (it.opened !== null) continue;
    isLacking = true;
    if (!it.isOpening) void opened(own, it);
  }
  if (isLacking || own.timer === null) return;
  clearInterval(own.timer);
  own.timer = null;
}
