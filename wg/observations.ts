// Where peers see a member: signed sightings, kept few and fresh. WireGuard's port belongs to the
// kernel, so a node cannot ask a STUN server from it; but every peer knows from its own table where
// the others' packets come from. One sighting is an address to try; only two judge a NAT (nat.ts).
// Spec: docs/links.md, "Sightings".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { kith } from '../proto/wire.js';
import {
  SIGHTINGS_MAX,
  SIGHTINGS_PER_SUBJECT_MAX,
  SIGHTING_BYTES_MAX,
  SIGHTING_MS,
} from './link-limits.ts';
import type { SightingCode } from './link-refusals.ts';
import { liesIn, scopeOf } from './scope.ts';
import { decoded, endpointBytes, endpointIn, keyBytes, keyIn, readSigned } from './signed.ts';

/** `observer` sees packets of `subject` come from `endpoint`. */
export interface Sighting {
  readonly observer: Key;
  readonly subject: Key;
  readonly sequence: number;
  readonly endpoint: string;
}
export interface Kept extends Sighting {
  readonly heardMs: number;
  /** As it was signed: to hand on. */
  readonly bytes: Uint8Array;
}
/** Oldest first. */
export interface Sightings {
  readonly kept: readonly Kept[];
}
export const NO_SIGHTINGS: Sightings = { kept: [] };

/** What an observer signs (`statementMessage('sighting', …)`); null for a link-local endpoint. */
export function sightingBody(sighting: Omit<Sighting, 'observer'>): Uint8Array | null {
  const address = endpointBytes(sighting.endpoint);
  if (address === null) return null;
  const { subject, sequence } = sighting;
  return kith.MeshSighting.encode({ subject: keyBytes(subject), sequence, address }).finish();
}

export interface Ground {
  readonly ledger: RecordId;
  readonly platform: Pick<Platform, 'verifyEd25519'>;
  /** The mesh's own addresses, which are no places of the underlay. */
  readonly network: string;
  isMember(key: Key): boolean;
  /** A beacon of this member was heard on a network that we are on too. */
  isOnLan(key: Key): boolean;
}

/** A sighting that somebody handed us, checked by itself: who brings it does not matter. */
export function readSighting(ground: Ground, bytes: Uint8Array): Result<Sighting, SightingCode> {
  const signed = readSigned('sighting', ground.ledger, bytes, SIGHTING_BYTES_MAX, ground.platform);
  const body = signed === null ? null : decoded(kith.MeshSighting, signed.body);
  if (signed === null || body === null) return refuse('sighting-malformed');
  const [subject, endpoint] = [keyIn(body.subject), endpointIn(body.address)];
  if (subject === null || endpoint === null) return refuse('sighting-malformed');
  if (!ground.isMember(signed.by) || !ground.isMember(subject)) return refuse('sighting-stranger');
  if (signed.by === subject) return refuse('sighting-own');
  const scope = scopeOf(endpoint);
  if (scope === 'none' || liesIn(ground.network, endpoint)) {
    return refuse('sighting-reserved', endpoint);
  }
  if (scope === 'local' && !ground.isOnLan(subject)) return refuse('sighting-reserved', endpoint);
  return ok({ observer: signed.by, subject, sequence: body.sequence, endpoint });
}

/** The book with one more; the same book where the observer has said something newer. */
export function withSighting(
  { kept }: Sightings,
  sighting: Sighting,
  bytes: Uint8Array,
  nowMs: number,
): Sightings {
  const { observer, subject, sequence } = sighting;
  const before = kept.find((one) => one.observer === observer && one.subject === subject);
  if (before !== undefined && before.sequence >= sequence) return { kept };
  const others = kept.filter((one) => one !== before);
  const its = others.filter((one) => one.subject === subject);
  const tooMany = its.length >= SIGHTINGS_PER_SUBJECT_MAX ? its[0] : undefined;
  const room = others.filter((one) => one !== tooMany);
  const list = [...room, { ...sighting, heardMs: nowMs, bytes: new Uint8Array(bytes) }];
  return { kept: list.slice(-SIGHTINGS_MAX) };
}

/** Of one subject and not too old, the newest first. */
export function sightingsOf({ kept }: Sightings, subject: Key, nowMs: number): Kept[] {
  const isOf = (one: Kept): boolean => one.subject === subject && nowMs - one.heardMs < SIGHTING_MS;
  return kept.filter(isOf).reverse();
}

/** Without a member that was removed, and without what is too old to try. */
export function pruned(
  { kept }: Sightings,
  isMember: (key: Key) => boolean,
  nowMs: number,
): Sightings {
  const stays = ({ observer, subject, heardMs }: Kept): boolean =>
    isMember(observer) && isMember(subject) && nowMs - heardMs < SIGHTING_MS;
  return { kept: kept.filter(stays) };
}

/**
 * Whether somebody sees this member elsewhere than before: for a node itself, the sign that its
 * router was replaced. An observer is compared with its own last word, since a NAT may show each of
 * them another port.
 */
export function hasMoved(before: Sightings, after: Sightings, subject: Key): boolean {
  return after.kept.some((one) => {
    if (one.subject !== subject) return false;
    const last = before.kept.find(
      (old) => old.observer === one.observer && old.subject === subject,
    );
    return last !== undefined && last.endpoint !== one.endpoint;
  });
}
