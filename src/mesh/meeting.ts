// What members do for each other so that a link comes about: they tell one that another looks for
// it, lease ports of a relay, and say on the local network that they are there. Links ask for it
// (hands.ts), peers come with it over the peer API. Spec: docs/links.md.

import { fromBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { montgomeryForms } from '../../proto/x25519.ts';
import type { NatKind } from '../../wg/nat.ts';
import { hostIn } from '../../wg/scope.ts';
import { decoded, keyBytes } from '../../wg/signed.ts';
import {
  LEASED_PATH,
  LEASE_PATH,
  MEET_PATH,
  type MeshDesk,
  meshRoutes,
} from '../peer/mesh-routes.ts';
import type { PeerRoute } from '../peer/served.ts';
import { askMember } from './asking.ts';
import { hearAnew } from './facts-of.ts';
import { keepOnLan } from './hands.ts';
import type { Ground } from './ground.ts';
import { openLan } from './lan.ts';
import { type Meets, createMeets } from './meets.ts';
import { type RelayCounts, type RunningRelay, openRelay } from './relay-socket.ts';
import { sightingGround, signedSighting } from './sighting.ts';

export interface Meeting {
  /** Tells a peer, through any common one, that this node starts to look for it. */
  meet(node: Key): void;
  /** Asks a relay for two ports. */
  lease(node: Key, relay: Key): void;
  /** Endpoints on the local network from which it was heard. */
  onLan(node: Key): readonly string[];
  /** An endpoint as WireGuard shows it, with its link where that is left out. */
  withLink(endpoint: string): string;
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

export async function openMeeting(ground: Ground): Promise<Meeting> {
  const meets = createMeets(ground);
  const relay = ground.parts.wishes.relay
    ? openRelay({ publicKeyOf: (member) => publicKeyOf(ground, member) })
    : null;
  const lan = await openLan({
    ...{ ledger: ground.ledger, self: ground.self, port: ground.port },
    members: () => ground.wishing.others().map(({ key }) => key),
    heard(node) {
      hearAnew(ground, node);
      keepOnLan(ground, node);
    },
  });
  return {
    routes: meshRoutes(deskOf(ground, meets, relay)),
    meet: (node) => meets.send(node),
    lease: (node, by) => void askLease(ground, node, by),
    onLan: (node) => lan.of(node),
    withLink: (endpoint) => lan.withLink(endpoint),
    ownOf: (node) => meets.said(node)?.own ?? [],
    natOf: (node) => meets.said(node)?.nat ?? 'unknown',
    moved: () => lan.ask(),
    relayed: () => relay?.counts() ?? null,
    async stop() {
      meets.stop();
      lan.close();
      await relay?.close();
    },
  };
}

const NOTHING = new Uint8Array();

function deskOf(ground: Ground, meets: Meets, relay: RunningRelay | null): MeshDesk {
  return {
    self: ground.self,
    ground: () => sightingGround(ground),
    met: (meet, sighting) => meets.take(meet, sighting),
    handOn: (to, body) => askMember(ground, to, MEET_PATH, body),
    async sightingOf(member) {
      // It has spoken to us over the mesh: who is new here shook hands since the last look.
      if (!isSettled(ground, member)) await lookNow(ground);
      const endpoint = isDirect(ground, member) ? seenAt(ground, member) : null;
      return (endpoint === null ? null : signedSighting(ground, member, endpoint)) ?? NOTHING;
    },
    async lease(asker, other) {
      const leased = (await relay?.lease(asker, other)) ?? null;
      if (leased?.ok !== true) return 0;
      const told = kith.MeshLeased.encode({ peer: keyBytes(asker), port: leased.value.other });
      void askMember(ground, other, LEASED_PATH, told.finish());
      return leased.value.own;
    },
    leased: (by, peer, port) => void takeLease(ground, by, peer, port),
  };
}

function isDirect({ links }: Ground, member: Key): boolean {
  return links.state(member)?.at === 'direct';
}

/** Nothing is to be learnt by a look: it is found, or on a relay, whose address is not its own. */
function isSettled(ground: Ground, member: Key): boolean {
  return isDirect(ground, member) || ground.links.state(member)?.at === 'relayed';
}

async function lookNow({ applying, links, wishing }: Ground): Promise<void> {
  const actual = await applying.look();
  if (actual !== null) links.seen(actual, wishing.publicKeys());
}

async function askLease(ground: Ground, node: Key, relay: Key): Promise<void> {
  const body = kith.MeshLeaseRequest.encode({ peer: keyBytes(node) }).finish();
  const answer = await askMember(ground, relay, LEASE_PATH, body);
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
