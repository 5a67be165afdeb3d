// What is known of where a peer is, gathered for its link: its candidates, who could relay, and
// what kind of NAT both are behind. Spec: docs/links.md, "Candidates".

import type { Key } from '../../proto/ids.ts';
import type { Facts } from '../../wg/link-state.ts';
import { type NatKind, natKind } from '../../wg/nat.ts';
import { sightingsOf } from '../../wg/observations.ts';
import type { RosterRow } from '../derive.ts';
import { monotonicMs } from '../os/clock.ts';
import { hostAndPort } from '../peer/address.ts';
import type { Ground } from './ground.ts';

/** Something new is known of where a peer is. */
export function hearAnew(ground: Ground, node: Key): void {
  const row = ground.wishing.roster().byKey.get(node);
  if (row !== undefined) ground.links.facts(node, factsOf(ground, row));
}

/** What is the same for every peer: gathered once where many are asked for. */
export interface Common {
  readonly ours: NatKind;
  /** Members that relay and that we reach without a relay ourselves, the quickest first. */
  readonly relays: readonly Key[];
}

export function commonFacts(ground: Ground): Common {
  const { sightings, self, own } = ground;
  const nowMs = monotonicMs();
  return {
    ours: natKind(sightingsOf(sightings, self, nowMs), own(), nowMs),
    relays: relaysOf(ground),
  };
}

/** What is known of where a peer is, for its link. */
export function factsOf(
  ground: Ground,
  row: RosterRow,
  { ours, relays }: Common = commonFacts(ground),
): Facts {
  const { places, kept, parts, sightings, meeting } = ground;
  const first = parts.syncing
    .kept()
    .filter(({ key }) => key === row.key)
    .map(({ url }) => url.replace(/^https:\/\//, ''));
  const known = {
    first,
    lan: meeting?.onLan(row.key) ?? [],
    own: meeting?.ownOf(row.key) ?? [],
    last: kept.of(row.key),
  };
  const theirs = meeting?.natOf(row.key) ?? 'unknown';
  return {
    candidates: places.candidates(row, known, sightings),
    relays: relays.filter((key) => key !== row.key),
    bothDependent: ours === 'dependent' && theirs === 'dependent',
  };
}

function relaysOf({ wishing, links, heart, rtts }: Ground): Key[] {
  if (heart === null) return [];
  return wishing
    .others()
    .map(({ key }) => key)
    .filter((key) => {
      if (links.state(key)?.at !== 'direct') return false;
      const { state, beat } = heart.liveness(key);
      return state === 'alive' && beat?.relay === true;
    })
    .toSorted((a, b) => (rtts.get(a) ?? 1_000) - (rtts.get(b) ?? 1_000) || (a < b ? -1 : 1));
}

/** This node or the peer has another address than the one that others see. */
export function isBehindNat(ground: Ground, node: Key): boolean {
  const { sightings, self, meeting } = ground;
  const nowMs = monotonicMs();
  const own = new Set(ground.own().map(hostOf));
  const seen = sightingsOf(sightings, self, nowMs);
  if (seen.some(({ endpoint }) => !own.has(hostOf(endpoint)))) return true;
  const its = new Set((meeting?.ownOf(node) ?? []).map(hostOf));
  const seenIts = sightingsOf(sightings, node, nowMs);
  return its.size > 0 && seenIts.some(({ endpoint }) => !its.has(hostOf(endpoint)));
}

/** Whether a peer's endpoint is on a network that this node is on, too. */
export function isOnLan({ meeting }: Ground, node: Key, endpoint: string): boolean {
  const host = withoutZone(endpoint);
  if (host.startsWith('[fe80:')) return true;
  return (meeting?.onLan(node) ?? []).some((one) => withoutZone(one) === host);
}

/** The same address whichever of our interfaces it is behind, and whatever that is called. */
function withoutZone(endpoint: string): string {
  return endpoint.replace(/%[^\]]*\]/, ']');
}

function hostOf(endpoint: string): string {
  return hostAndPort(endpoint)?.host ?? '';
}
