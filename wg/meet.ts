// "I start to look for you now": what one side of a pair tells the other through any common peer,
// with where it may be found. Signed, since the peer in between has no say in it; the answer is a
// meet as well. Spec: docs/links.md, "Meeting".

import type { Key } from '../proto/ids.ts';
import { kith } from '../proto/wire.js';
import { MEET_BYTES_MAX, MEET_SIGHTINGS_MAX, OWN_ADDRESSES_MAX } from './link-limits.ts';
import type { NatKind } from './nat.ts';
import { type Ground, type Sighting, readSighting } from './observations.ts';
import { liesIn, scopeOf } from './scope.ts';
import { decoded, endpointBytes, endpointIn, keyBytes, keyIn, readSigned } from './signed.ts';

export interface Meet {
  readonly from: Key;
  readonly to: Key;
  /** Rises with each of its author's: an older one is a replay. */
  readonly sequence: number;
  readonly nat: NatKind;
  readonly own: readonly string[];
  readonly sightings: readonly { readonly sighting: Sighting; readonly bytes: Uint8Array }[];
}

const KINDS: readonly NatKind[] = ['unknown', 'independent', 'dependent'];

/** What its author signs (`statementMessage('meet', …)`). */
export function meetBody(meet: {
  readonly to: Key;
  readonly sequence: number;
  readonly nat: NatKind;
  readonly own: readonly string[];
  readonly sightings: readonly Uint8Array[];
}): Uint8Array {
  const addresses = meet.own.flatMap((endpoint) => endpointBytes(endpoint) ?? []);
  return kith.MeshMeet.encode({
    to: keyBytes(meet.to),
    sequence: meet.sequence,
    nat: KINDS.indexOf(meet.nat),
    addresses: addresses.slice(0, OWN_ADDRESSES_MAX),
    sightings: meet.sightings.slice(0, MEET_SIGHTINGS_MAX),
  }).finish();
}

/**
 * A meet, or null where it is none, or its author no member. Addresses and sightings in it that are
 * not fit are left out: they cost its author a chance and nobody else anything.
 */
export function readMeet(ground: Ground, bytes: Uint8Array): Meet | null {
  const signed = readSigned('meet', ground.ledger, bytes, MEET_BYTES_MAX, ground.platform);
  const body = signed === null ? null : decoded(kith.MeshMeet, signed.body);
  if (signed === null || body === null || !ground.isMember(signed.by)) return null;
  const [to, nat] = [keyIn(body.to), KINDS[body.nat]];
  if (to === null || nat === undefined || to === signed.by) return null;
  if (body.addresses.length > OWN_ADDRESSES_MAX) return null;
  if (body.sightings.length > MEET_SIGHTINGS_MAX) return null;
  const own = body.addresses
    .flatMap((address) => endpointIn(address) ?? [])
    .filter((endpoint) => scopeOf(endpoint) !== 'none' && !liesIn(ground.network, endpoint));
  const sightings = body.sightings.flatMap((one) => {
    const read = readSighting(ground, one);
    const isIts = read.ok && read.value.subject === signed.by;
    return isIts ? [{ sighting: read.value, bytes: new Uint8Array(one) }] : [];
  });
  return { from: signed.by, to, sequence: body.sequence, nat, own, sightings };
}
