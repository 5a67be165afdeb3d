// Where this node sees its peers, signed and told in heartbeats; and what others say so. The kernel
// owns WireGuard's port, so that peers are the only ones who can tell a node where it appears.
// Spec: docs/links.md, "Sightings".

import { sign } from 'node:crypto';
import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import {
  type Ground as SightingGround,
  hasMoved,
  pruned,
  readSighting,
  sightingBody,
  withSighting,
} from '../../wg/observations.ts';
import { encodeSigned, statementMessage } from '../../wg/signed.ts';
import { monotonicMs } from '../os/clock.ts';
import { nodePlatform } from '../platform.ts';
import { hearAnew } from './facts-of.ts';
import type { Ground } from './ground.ts';
import { SIGHTINGS_TOLD_MAX } from './limits.ts';

/**
 * What WireGuard shows of where peers are, signed by this node; the same bytes while it is the
 * same.
 */
export interface OwnSighting {
  readonly endpoint: string;
  readonly bytes: Uint8Array;
}

/** Signs anew where a peer is seen elsewhere. A relay's address says nothing of a peer. */
export function seeActual(ground: Ground, actual: Actual): void {
  const { wishing, links, seen } = ground;
  const { byKey } = wishing.roster();
  const publicKeyOf = wishing.publicKeys();
  let isNews = false;
  // Of whoever is no member nobody is told any more.
  for (const key of seen.keys()) if (!byKey.has(key)) seen.delete(key);
  for (const { key } of wishing.others()) {
    const peer = actual.peers.get(publicKeyOf(key) ?? '');
    const isDirect = links.state(key)?.at === 'direct';
    const endpoint = peer?.endpoint ?? null;
    if (!isDirect || endpoint === null || peer?.handshakeS === 0) {
      seen.delete(key);
      continue;
    }
    if (seen.get(key)?.endpoint === endpoint) continue;
    const bytes = signedSighting(ground, key, endpoint);
    if (bytes === null) continue;
    seen.set(key, { endpoint, bytes });
    isNews = true;
  }
  // Whoever looks for it there waits for this word.
  if (isNews) ground.heart?.beatNow();
}

export function signedSighting(ground: Ground, subject: Key, endpoint: string): Uint8Array | null {
  // Rises across starts, too: an older word of ours must not outlive a newer one.
  const sequence = ground.parts.calendar.nowMs();
  const body = sightingBody({ subject, sequence, endpoint });
  return body === null ? null : signedBy(ground, 'sighting', body);
}

export function signedBy(
  { identity, self, ledger }: Ground,
  what: Parameters<typeof statementMessage>[0],
  body: Uint8Array,
): Uint8Array {
  const message = statementMessage(what, ledger, body);
  const signature = new Uint8Array(sign(null, message, identity.privateKey));
  return encodeSigned(self, body, signature);
}

/** A few for the next heartbeat: ours in turn, and of what others say the newest. */
export function sightingsToTell(ground: Ground): readonly Uint8Array[] {
  const { seen, sightings } = ground;
  const own = [...seen.values()].map(({ bytes }) => bytes);
  ground.turn += 1;
  const start = own.length === 0 ? 0 : (ground.turn * SIGHTINGS_TOLD_MAX) % own.length;
  const turned = [...own.slice(start), ...own.slice(0, start)].slice(0, SIGHTINGS_TOLD_MAX);
  const heard = sightings.kept.slice(-(SIGHTINGS_TOLD_MAX - turned.length) || Infinity);
  return turned.length === SIGHTINGS_TOLD_MAX
    ? turned
    : [...turned, ...heard.map(({ bytes }) => bytes)].slice(0, SIGHTINGS_TOLD_MAX);
}

/** What came with a heartbeat; links learn of it where it is news. */
export function takeSightings(ground: Ground, observations: readonly Uint8Array[]): void {
  const before = ground.sightings;
  const nowMs = monotonicMs();
  const subjects = new Set<Key>();
  for (const bytes of observations) {
    const read = readSighting(sightingGround(ground), bytes);
    if (!read.ok) continue;
    const after = withSighting(ground.sightings, read.value, bytes, nowMs);
    if (after.kept === ground.sightings.kept) continue;
    const last = before.kept.findLast(({ subject }) => subject === read.value.subject);
    if (last?.endpoint !== read.value.endpoint) subjects.add(read.value.subject);
    ground.sightings = after;
  }
  for (const subject of subjects) {
    if (subject !== ground.self) hearAnew(ground, subject);
    // Others see this node elsewhere: its router was replaced, or it has moved.
    else if (hasMoved(before, ground.sightings, subject)) ground.links.changed(null);
  }
}

export function sightingGround({ ledger, wishing, meeting }: Ground): SightingGround {
  const { network, byKey } = wishing.roster();
  return {
    ...{ ledger, network, platform: nodePlatform },
    isMember: (key) => byKey.has(key),
    isOnLan: (key) => (meeting?.onLan(key).length ?? 0) > 0,
  };
}

/** Forgets what is old, and what members who are gone have said. */
export function pruneSightings(ground: Ground): void {
  const { byKey } = ground.wishing.roster();
  ground.sightings = pruned(ground.sightings, (key) => byKey.has(key), monotonicMs());
}
