// The routes by which members help each other to links: a meet is handed on once, a relay leases
// ports and tells the other side of them. The caller is who TLS says; who looks for somebody says
// so itself, under its signature. Spec: docs/links.md, "Meeting", "Relays".

import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { MEET_BYTES_MAX, SIGHTING_BYTES_MAX } from '../../wg/link-limits.ts';
import { type Meet, readMeet } from '../../wg/meet.ts';
import type { Ground as SightingGround } from '../../wg/observations.ts';
import { decoded, keyBytes, keyIn } from '../../wg/signed.ts';
import { MESH_ASKS_RATE } from './limits.ts';
import type { PeerRoute } from './served.ts';
import { turnstile } from './turnstile.ts';

export const MEET_PATH = '/v1/mesh/meet';
export const LEASE_PATH = '/v1/mesh/lease';
export const LEASED_PATH = '/v1/mesh/leased';
const MEET_BODY_BYTES_MAX: number = MEET_BYTES_MAX + SIGHTING_BYTES_MAX + 64;
const LEASE_BODY_BYTES_MAX = 128;

/** What a daemon does with what is asked here. */
export interface MeshDesk {
  readonly self: Key;
  ground(): SightingGround;
  /**
   * Somebody looks for this node, and a word of whoever hands it on about where it sees it. Its own
   * meet in return; null where it does not want to be found.
   */
  met(meet: Meet, sighting: Uint8Array): Uint8Array | null;
  /** Hands a meet on to another member: its answer, or null. */
  handOn(to: Key, body: Uint8Array): Promise<Uint8Array | null>;
  /** Where this node sees a member, signed; empty where it does not. */
  sightingOf(member: Key): Promise<Uint8Array>;
  /** The caller's port at this relay for its link to the other; 0: there is none to be had. */
  lease(asker: Key, other: Key): Promise<number>;
  /** A relay has a port for this node's link to a peer. */
  leased(relay: Key, peer: Key, port: number): void;
}

export function meshRoutes(desk: MeshDesk): readonly PeerRoute[] {
  const isTooMany = turnstile(MESH_ASKS_RATE);
  return [
    {
      path: MEET_PATH,
      bodyMax: MEET_BODY_BYTES_MAX,
      answer: (body, from) => (isTooMany(from) ? null : onMeet(desk, body, from)),
    },
    {
      path: LEASE_PATH,
      bodyMax: LEASE_BODY_BYTES_MAX,
      async answer(body, from) {
        const peer = keyIn(decoded(kith.MeshLeaseRequest, body)?.peer ?? new Uint8Array());
        if (peer === null || isTooMany(from)) return null;
        const port = await desk.lease(from, peer);
        return kith.MeshLeaseReply.encode({ port }).finish();
      },
    },
    {
      path: LEASED_PATH,
      bodyMax: LEASE_BODY_BYTES_MAX,
      answer(body, from) {
        const leased = decoded(kith.MeshLeased, body);
        const peer = keyIn(leased?.peer ?? new Uint8Array());
        if (leased === null || peer === null || isTooMany(from)) return null;
        if (leased.port < 1 || leased.port > 65_535) return null;
        desk.leased(from, peer, leased.port);
        return kith.MeshDone.encode({}).finish();
      },
    },
  ];
}

async function onMeet(desk: MeshDesk, body: Uint8Array, from: Key): Promise<Uint8Array | null> {
  const request = decoded(kith.MeshMeetRequest, body);
  const to = keyIn(request?.to ?? new Uint8Array());
  if (request === null || to === null) return null;
  const meet = readMeet(desk.ground(), request.meet);
  if (meet === null || meet.to !== to) return null;
  if (to === desk.self) {
    const own = desk.met(meet, request.sighting);
    return own === null ? null : replyOf(own, new Uint8Array());
  }
  // Handed on for the one that looks, and for nobody who hands it on already.
  if (meet.from !== from || !desk.ground().isMember(to)) return null;
  const sighting = await desk.sightingOf(from);
  const answer = await desk.handOn(to, requestOf(to, request.meet, sighting));
  const reply = answer === null ? null : decoded(kith.MeshMeetReply, answer);
  return reply === null ? null : replyOf(reply.meet, await desk.sightingOf(to));
}

export function requestOf(to: Key, meet: Uint8Array, sighting: Uint8Array): Uint8Array {
  return kith.MeshMeetRequest.encode({ to: keyBytes(to), meet, sighting }).finish();
}

function replyOf(meet: Uint8Array, sighting: Uint8Array): Uint8Array {
  return kith.MeshMeetReply.encode({ meet, sighting }).finish();
}
