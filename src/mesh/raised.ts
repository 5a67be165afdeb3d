// A mesh that is up: the interface, the peer API and the heart on its address, the links, the
// names; put together here, kept right every few seconds, and taken away at the end. Spec:
// docs/mesh.md.

import type { MeshStatus, PeerLink } from '../../proto/status.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { Secret } from '../../proto/secret.ts';
import { interfaceName } from '../../wg/address.ts';
import { NO_SIGHTINGS } from '../../wg/observations.ts';
import { base64Of } from '../../wg/table.ts';
import { startHeartbeat } from '../beat/heart.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { monotonicMs } from '../os/clock.ts';
import { openIdentity } from '../keys/identity.ts';
import { MESH_HOST_REFUSALS } from '../os/mesh-refusals.ts';
import { networkPrint, ownEndpoints } from '../os/own-addresses.ts';
import { type Wireguard, raiseWireguard } from '../os/wireguard.ts';
import { isPeer } from '../peer/members.ts';
import type { PeerRoute } from '../peer/served.ts';
import { nodePlatform } from '../platform.ts';
import type { MeshPlace } from '../work/guest-net.ts';
import { createAlarms } from './alarms.ts';
import { applyLedger } from './applied.ts';
import { createApplying } from './applying.ts';
import { ECHO_ROUTE, pingOver } from './echo.ts';
import { isBehindNat, isOnLan } from './facts-of.ts';
import type { NodeFacts, Ping, Rotated } from './facts.ts';
import type { Ground, MeshParts } from './ground.ts';
import { handsOf } from './hands.ts';
import { heartParts, onHeard, removalsIn } from './hearing.ts';
import { openKeptLinks } from './kept.ts';
import { OWN_MS } from './limits.ts';
import { createLinks } from './links.ts';
import { openMeeting } from './meeting.ts';
import { startLooking } from './looking.ts';
import { removeNames } from './names.ts';
import { settledKey } from './own-key.ts';
import { noPathMtus, stopMeasuring } from './path-mtu.ts';
import { createPlaces } from './places.ts';
import { notRotating, rotateOwn, stopRotating } from './rotating.ts';
import { noRotations } from './rotation.ts';
import { setLink } from './setting.ts';
import { linksOf, nodesOf, statusOf } from './telling.ts';
import { createWishing } from './wishing.ts';

export type { MeshParts } from './ground.ts';

export interface Raised {
  status(): MeshStatus;
  peers(): readonly PeerLink[];
  nodes(): readonly NodeFacts[];
  /** Datagrams that were dropped at the heart's port, by why. */
  refusedBeats(): Readonly<Record<string, number>>;
  ping(node: PeerLink['key']): Promise<Ping>;
  relink(node: PeerLink['key'] | null): number;
  rotate(): Promise<Rotated>;
  /** The address of a member on the mesh; null: it is none. */
  addressOf(member: PeerLink['key']): string | null;
  /** Where guests of this node belong; null while there is no mesh. */
  place(): MeshPlace | null;
  ledgerChanged(): void;
  stop(): Promise<void>;
}

/** Raises it, or says in one line why not. `fall` is called when it breaks down later. */
export async function raise(
  parts: MeshParts,
  fall: (why: string) => void,
): Promise<Result<Raised, 'no-mesh'>> {
  const { home, host, identity } = parts;
  if (!isPeer(home.replica, identity.publicKey)) {
    return refuse('no-mesh', 'this machine was removed from the network');
  }
  // Read anew: it may have been changed while there was no mesh.
  const opened = openIdentity(host, home.folder);
  const settled = opened.ok ? settledKey(host, home, opened.value) : opened;
  if (!settled.ok) return refuse('no-mesh', `${settled.code} ${settled.detail}`);
  const made = await groundOf({ ...parts, identity: settled.value }, fall);
  if (!made.ok) return made;
  const ground = made.value;
  try {
    await openUp(ground);
    return ok(raisedOf(ground));
  } catch (error) {
    await takeDown(ground);
    throw error;
  }
}

async function groundOf(
  parts: MeshParts,
  fall: (why: string) => void,
): Promise<Result<Ground, 'no-mesh'>> {
  const { home, identity, host, door, tell } = parts;
  const { replica } = home;
  const self = identity.publicKey;
  const { port } = door.address;
  // What is called later finds what is made below.
  const of = (): Ground => ground;
  const links = createLinks(handsOf(of), {
    isBehindNat: (node) => isBehindNat(of(), node),
    isOnLan: (node, endpoint) => isOnLan(of(), node, endpoint),
  });
  const wishing = createWishing({
    ...{ replica, self, dials: () => links.dials(), local: () => of().local },
    own: () => ({ publicKey: ownKeyText(of()), listenPort: port }),
  });
  const alarms = createAlarms(tell);
  const device = await raiseWireguard({
    name: interfaceName(replica.ledger, self, nodePlatform),
    privateKeyOf: (publicKey) => privateKeyOf(of(), publicKey),
    stillWanted: (publicKey) => wishing.wish().table.peers.has(publicKey),
    withLink: (endpoint) => of().meeting?.withLink(endpoint) ?? endpoint,
    lost: (why) => tell({ event: 'failed', what: 'the mesh interface', why }),
    again: () => void anew(of, parts),
  });
  if (!device.ok) {
    const { what, hint } = MESH_HOST_REFUSALS[device.code];
    const detail = device.detail === '' ? '' : ` (${device.detail})`;
    return refuse('no-mesh', `${what}${detail}; ${hint}`);
  }
  const own = ownLately(port);
  const local = device.value.localPrefixes();
  const ground: Ground = {
    ...{ parts, self, ledger: replica.ledger, device: device.value, wishing, links, port, alarms },
    applying: applyingOn(of, device.value),
    own,
    places: createPlaces(() => ({ own: own(), network: wishing.roster().network })),
    kept: openKeptLinks(host, home.folder),
    meeting: null,
    ...{ identity, local, rows: new Map() },
    pathMtus: noPathMtus(),
    ...{ sightings: NO_SIGHTINGS, seen: new Map(), turn: 0 },
    ...{ rotations: noRotations(), rotating: notRotating() },
    ...{ rtts: new Map(), askedMs: new Map(), measuredMs: new Map(), lookSoon: () => undefined },
    ...{ heart: null, server: null, isReconciled: false },
    ...{
      heardMs: monotonicMs(),
      keptMs: monotonicMs(),
      print: networkPrint(),
      slowMs: 0,
      timer: null,
    },
    headroom: parts.facts.headroom,
    ...{ isStopped: false, fall },
  };
  return ok(ground);
}

function applyingOn(of: () => Ground, device: Wireguard): Ground['applying'] {
  return createApplying({
    device,
    wish: () => of().wishing.wish(),
    stranger({ publicKey, endpoint }) {
      // What a daemon before this one has left is none: it may have missed a removal.
      if (of().heart === null) return;
      const from = endpoint === null ? '' : ` at ${endpoint}`;
      of().alarms.raise(
        'stranger',
        `a peer that is no member was taken off ${device.name}: ${publicKey}${from}`,
      );
    },
    drifted(changes) {
      const kinds = [...new Set(changes.map(({ kind }) => kind))];
      of().parts.tell({ event: 'mesh-repaired', interface: device.name, changes: kinds });
    },
    failed: (error) =>
      of().parts.tell({ event: 'failed', what: 'the mesh interface', why: error.message }),
  });
}

/** The interfaces are asked once a second at most, however many links want to know. */
function ownLately(port: number): Ground['own'] {
  let known: readonly string[] = [];
  let atMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = monotonicMs();
    if (nowMs - atMs >= OWN_MS) {
      known = ownEndpoints(port);
      atMs = nowMs;
    }
    return known;
  };
}

function ownKeyText({ identity }: Ground): string {
  return base64Of(identity.wireguard.publicKey);
}

function privateKeyOf({ identity }: Ground, publicKey: string): Secret | null {
  const { wireguard } = identity;
  return base64Of(wireguard.publicKey) === publicKey ? wireguard.privateKey : null;
}

/** There is a new interface, with nothing on it. */
async function anew(of: () => Ground, { tell }: MeshParts): Promise<void> {
  try {
    const ground = of();
    ground.applying.forget();
    await setLink(ground);
    await ground.applying.look();
  } catch (error) {
    // It may be gone again already; the next look sets what is left to set.
    const why = (error as Error).message;
    tell({ event: 'failed', what: 'setting up the mesh interface', why });
  }
}

/** Everything that is heard on the address of this node. */
async function openUp(ground: Ground): Promise<void> {
  const { parts, wishing, device, applying } = ground;
  // First of all: a link that is made below says at once whom it looks for.
  ground.meeting = await openMeeting(ground);
  await setLink(ground);
  await applyLedger(ground);
  if (applying.actual() === null) throw new Error('the interface could not be written to');
  const address = wishing.self()?.address ?? '';
  ground.server = await parts.serve({ host: address, port: MESH_PORT }, routesOf(ground));
  ground.heart = await startHeartbeat(heartParts(ground, address));
  ground.heart.onHeard((beat, firstHand) => onHeard(ground, beat, firstHand));
  ground.heart.carriedOut(removalsIn(ground).map(({ id }) => id));
  parts.work?.onChanged(ground.heart.beatNow);
  startLooking(ground);
  parts.tell({
    ...{ event: 'mesh-up', interface: device.name, address, backend: device.backend },
  });
}

function routesOf({ meeting, parts }: Ground): readonly PeerRoute[] {
  return [ECHO_ROUTE, ...(meeting?.routes ?? []), ...(parts.work?.routes ?? [])];
}

function raisedOf(ground: Ground): Raised {
  return {
    status: () => statusOf(ground),
    peers: () => linksOf(ground),
    nodes: () => nodesOf(ground),
    refusedBeats: () => ground.heart?.status().dropped ?? {},
    ping: (node) => pingOver(ground, node),
    relink(node) {
      const isPeerHere = ground.wishing.others().some(({ key }) => key === node);
      if (node !== null && !isPeerHere) throw new DaemonFault('no-such-peer');
      return ground.links.changed(node);
    },
    rotate: () => rotateOwn(ground),
    addressOf: (member) => ground.wishing.roster().byKey.get(member)?.address ?? null,
    place: () => placeOf(ground),
    ledgerChanged: () => void followLedger(ground),
    stop: () => takeDown(ground),
  };
}

function placeOf({ device, wishing }: Ground): MeshPlace | null {
  const prefix = wishing.self()?.prefix ?? null;
  if (prefix === null) return null;
  return { device: device.name, network: wishing.roster().network, prefix };
}

async function followLedger(ground: Ground): Promise<void> {
  const { parts, fall } = ground;
  if (ground.isStopped) return;
  if (ground.wishing.self() === null) return fall('this machine was removed from the network');
  try {
    await setLink(ground);
    await applyLedger(ground);
  } catch (error) {
    parts.tell({ event: 'failed', what: 'following the ledger', why: (error as Error).message });
  }
}

/** What speaks first, then what it speaks over, then what it was called. */
async function takeDown(ground: Ground): Promise<void> {
  const { links, applying, kept, device, parts } = ground;
  if (ground.isStopped) return;
  ground.isStopped = true;
  if (ground.timer !== null) clearTimeout(ground.timer);
  stopRotating(ground);
  parts.work?.onChanged(null);
  await lastLook(ground);
  links.stop();
  parts.syncing.onMesh([]);
  try {
    await stopMeasuring(ground);
    await ground.meeting?.stop();
    await ground.heart?.stop();
    await ground.server?.close();
    await applying.stop();
    tidy(ground, 'keeping the links', () => kept.save());
    tidy(ground, 'taking the names away', () => removeNames(device.name));
  } finally {
    await device.close();
  }
}

/** Who has moved since the last look is sought where it is now, at the next start. */
async function lastLook({ applying, links, wishing, parts }: Ground): Promise<void> {
  try {
    const actual = await applying.look();
    if (actual !== null) links.seen(actual, wishing.publicKeys());
  } catch (error) {
    parts.tell({
      event: 'failed',
      what: 'the last look at the mesh',
      why: (error as Error).message,
    });
  }
}

/** A full disk, a hosts file that cannot be written: the interface goes all the same. */
function tidy({ parts }: Ground, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    parts.tell({ event: 'failed', what, why: (error as Error).message });
  }
}
