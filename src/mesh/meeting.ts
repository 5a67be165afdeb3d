// What members do for each other so that a link comes about: they tell one that another looks for
// it, lease ports of a relay, and say on the local network that they are there. Links ask for it
// (hands.ts), peers come with it over the peer API. Spec: docs/links.md.

import { fromBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { montgomeryForms } from '../../proto/x25519.ts';
import { type Meet, meetBody, readMeet } from '../../wg/meet.ts';
import { type NatKind, natKind } from '../../wg/nat.ts';
import { sightingsOf } from '../../wg/observations.ts';
import { hostIn } from '../../wg/scope.ts';
import { decoded, keyBytes } from '../../wg/signed.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { monotonicMs } from '../os/clock.ts';
import { ownEndpoints } from '../os/own-addresses.ts';
import { urlOf } from '../peer/address.ts';
import { askPeer } from '../peer/ask.ts';
import {
  LEASED_PATH,
  LEASE_PATH,
  MEET_PATH,
  type MeshDesk,
  meshRoutes,
  requestOf,
} from '../peer/mesh-routes.ts';
import type { PeerRoute } from '../peer/server.ts';
import { hearAnew } from './facts-of.ts';
import type { Ground } from './ground.ts';
import { openLan } from './lan.ts';
import { CARRIER_LOOK_MS, MEET_CARRIERS_MAX, MEET_WAIT_MS } from './relay-limits.ts';
import { type RelayCounts, openRelay } from './relay-socket.ts';
import { sightingGround, signedBy, signedSighting, takeSightings } from './sighting.ts';

export interface Meeting {
  /** Tells a peer, through any common one, that this node starts to look for it. */
  meet(node: Key): void;
  /** Asks a relay for two ports. */
  lease(node: Key, relay: Key): void;
  /** Endpoints on the local network from which it was heard. */
  onLan(node: Key): readonly string[];
  /** What it says of its own addresses, and of its NAT. */
  ownOf(node: Key): readonly string[];
  natOf(node: Key): NatKind;
  /** This node is on another network: who is there? */
  moved(): void;
  /** What this node has carried for others; null where it does not. */
  relayed(): RelayCounts | null;
  /** What peers ask of this node. */
  readonly routes: readonly PeerRoute[];
  stop(): Promise<void>;
}

/** What a member said of itself last. */
interface Said {
  readonly sequence: number;
  readonly nat: NatKind;
  readonly own: readonly string[];
}

export async function openMeeting(ground: Ground): Promise<Meeting> {
  const said = new Map<Key, Said>();
  const relay = ground.parts.wishes.relay
    ? openRelay({ publicKeyOf: (member) => publicKeyOf(ground, member) })
    : null;
  const lan = await openLan({
    ...{ ledger: ground.ledger, self: ground.self, port: ground.port },
    members: () => ground.wishing.others().map(({ key }) => key),
    heard: (node) => hearAnew(ground, node),
  });
  /** Whom a meet is for that nobody could carry yet, and how long it is worth it. */
  const waiting = new Map<Key, number>();
  let timer: NodeJS.Timeout | null = null;
  let sequence = 0;

  function ownMeet(to: Key): Uint8Array {
    const nowMs = monotonicMs();
    // Rises across starts, too.
    sequence = Math.max(sequence + 1, ground.parts.calendar.nowMs());
    const own = ownEndpoints(ground.port);
    const seen = sightingsOf(ground.sightings, ground.self, nowMs);
    const sightings = seen.map(({ bytes }) => bytes);
    const nat = natKind(seen, own, nowMs);
    return signedBy(ground, 'meet', meetBody({ to, sequence, nat, own, sightings }));
  }

  /** False where it is no news: carried by two, or replayed. */
  function learn(meet: Meet, sighting: Uint8Array): boolean {
    const { from, sequence: count, nat, own, sightings } = meet;
    if ((said.get(from)?.sequence ?? -1) >= count) return false;
    said.set(from, { sequence: count, nat, own });
    const words = sightings.map(({ bytes }) => bytes);
    takeSightings(ground, sighting.length === 0 ? words : [...words, sighting]);
    hearAnew(ground, from);
    return true;
  }

  async function meetThrough(carrier: Key, node: Key, meet: Uint8Array): Promise<void> {
    const answer = await ask(ground, carrier, MEET_PATH, requestOf(node, meet, NOTHING));
    const reply = answer === null ? null : decoded(kith.MeshMeetReply, answer);
    const theirs = reply === null ? null : readMeet(sightingGround(ground), reply.meet);
    if (reply === null || theirs?.from !== node || theirs.to !== ground.self) return;
    learn(theirs, reply.sighting);
  }

  /** False where nobody is there to carry it: right after a start. */
  function meetNow(node: Key): boolean {
    const carriers = carriersTo(ground, node);
    if (carriers.length === 0) return false;
    const meet = ownMeet(node);
    for (const carrier of carriers) void meetThrough(carrier, node, meet);
    return true;
  }

  function meetWaiting(): void {
    const nowMs = monotonicMs();
    for (const [node, untilMs] of waiting) {
      if (nowMs >= untilMs || meetNow(node)) waiting.delete(node);
    }
    if (waiting.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  const desk: MeshDesk = {
    self: ground.self,
    ground: () => sightingGround(ground),
    met(meet, sighting) {
      if (learn(meet, sighting)) ground.links.meet(meet.from);
      return ownMeet(meet.from);
    },
    handOn: (to, body) => ask(ground, to, MEET_PATH, body),
    sightingOf: (member) => {
      const endpoint = ground.links.state(member)?.at === 'direct' ? seenAt(ground, member) : null;
      return (endpoint === null ? null : signedSighting(ground, member, endpoint)) ?? NOTHING;
    },
    async lease(asker, other) {
      const leased = (await relay?.lease(asker, other)) ?? null;
      if (leased?.ok !== true) return 0;
      const told = kith.MeshLeased.encode({ peer: keyBytes(asker), port: leased.value.other });
      void ask(ground, other, LEASED_PATH, told.finish());
      return leased.value.own;
    },
    leased: (by, peer, port) => takeLease(ground, by, peer, port),
  };

  return {
    routes: meshRoutes(desk),
    meet: (node) => {
      if (!meetNow(node)) waiting.set(node, monotonicMs() + MEET_WAIT_MS);
      timer ??= setInterval(meetWaiting, CARRIER_LOOK_MS);
    },
    lease: (node, by) => void askLease(ground, node, by),
    onLan: (node) => lan.of(node),
    ownOf: (node) => said.get(node)?.own ?? [],
    natOf: (node) => said.get(node)?.nat ?? 'unknown',
    moved: () => lan.ask(),
    relayed: () => relay?.counts() ?? null,
    async stop() {
      if (timer !== null) clearInterval(timer);
      lan.close();
      await relay?.close();
    },
  };
}

const NOTHING = new Uint8Array();

/** Members that we hear, those whom we reach without a relay first. */
function carriersTo({ wishing, links, heart }: Ground, node: Key): Key[] {
  const isDirect = (key: Key): boolean => links.state(key)?.at === 'direct';
  return wishing
    .others()
    .map(({ key }) => key)
    .filter((key) => key !== node && heart?.liveness(key).state === 'alive')
    .toSorted((a, b) => Number(isDirect(b)) - Number(isDirect(a)))
    .slice(0, MEET_CARRIERS_MAX);
}

async function ask(
  ground: Ground,
  to: Key,
  path: string,
  body: Uint8Array,
): Promise<Uint8Array | null> {
  const row = ground.wishing.roster().byKey.get(to);
  if (row === undefined || ground.isStopped) return null;
  const { identity } = ground;
  const url = urlOf({ host: row.address, port: MESH_PORT });
  const signal = AbortSignal.timeout(MEET_WAIT_MS);
  try {
    const options = { identity, url, door: ({ key }: { key: Key }) => key === to, signal };
    return (await askPeer(options, path, body)).body;
  } catch {
    // It is away, or does not want to: another member may, or a later search.
    return null;
  }
}

async function askLease(ground: Ground, node: Key, relay: Key): Promise<void> {
  const body = kith.MeshLeaseRequest.encode({ peer: keyBytes(node) }).finish();
  const answer = await ask(ground, relay, LEASE_PATH, body);
  const port = (answer === null ? null : decoded(kith.MeshLeaseReply, answer))?.port ?? 0;
  if (!takeLease(ground, relay, node, port)) ground.links.refused(node, relay);
}

/** The port is the relay's; its host is where we reach it ourselves. */
function takeLease(ground: Ground, relay: Key, node: Key, port: number): boolean {
  const at = seenAt(ground, relay);
  const isFit = port > 0 && port < 65_536 && ground.links.state(relay)?.at === 'direct';
  if (at === null || !isFit || !ground.wishing.roster().byKey.has(node)) return false;
  ground.links.leased(node, { relay, endpoint: `${hostIn(at)}:${port}` });
  return true;
}

function seenAt({ applying, wishing }: Ground, node: Key): string | null {
  return applying.actual()?.peers.get(wishing.publicKeyOf(node) ?? '')?.endpoint ?? null;
}

function publicKeyOf({ wishing }: Ground, member: Key): Uint8Array | null {
  const wg = wishing.roster().byKey.get(member)?.wg ?? null;
  return wg === null ? null : (montgomeryForms([fromBase64url(wg) as Uint8Array])[0] ?? null);
}
