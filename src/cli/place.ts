// Where a new machine is: an address as its console shows it, or its name or fingerprint among
// those announced on this network and those that wait in a lobby. Anybody can announce a name and a
// fingerprint of somebody else; NAME@MEMBER looks in one lobby alone. One machine may be in several
// places: on two links, and in a lobby besides.

import { findMember } from '../../ledger/find-member.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { isName } from '../../proto/names.ts';
import { FINGERPRINT } from '../genesis/announcement.ts';
import { type Candidate, lookForCandidates } from '../genesis/candidates.ts';
import type { Place } from '../genesis/connect.ts';
import { type Address, hostAndPort } from '../peer/address.ts';
import { nodePlatform } from '../platform.ts';
import { withHome } from './home.ts';
import { stop, unwrap } from './sentences.ts';

export type Places = readonly [Place, ...Place[]];

/** The likeliest first. */
export async function placesNamed(folder: string, text: string): Promise<Places> {
  const place = addressIn(text);
  if (place !== null) return [place];
  const [who = '', member, ...more] = text.split('@');
  const print4 = who.toUpperCase();
  const isPrint = FINGERPRINT.test(print4);
  if (more.length > 0 || (!isPrint && !isName(who))) return stop('not-an-address', text);
  const lobby = member === undefined ? null : await keyOf(folder, member);
  // To the end: a second one of that name must not be missed.
  const { candidates } = await lookForCandidates(folder);
  const found = candidates
    .filter((one) => (isPrint ? one.fingerprint === print4 : one.name === who))
    .filter((one) => lobby === null || one.lobby === lobby);
  const [first, ...others] = found;
  if (first === undefined) return stop('no-such-candidate', text);
  const isClear = others.every((one) => one.fingerprint === first.fingerprint);
  if (!isClear) {
    const all = found.map((one) => `${one.fingerprint} at ${one.address ?? one.source}`);
    return stop('ambiguous-candidate', all.join(', '));
  }
  const [nearest, ...further] = found.flatMap(placesOf);
  return nearest === undefined ? stop('not-an-address', text) : [nearest, ...further];
}

function keyOf(folder: string, member: string): Promise<Key> {
  return withHome(folder, { write: false }, async ({ replica }) => {
    return unwrap(findMember(stateOf(replica), member, nodePlatform)).key;
  });
}

function placesOf({ addresses, key, lobby }: Candidate): Place[] {
  if (key !== null && lobby !== null) return [{ newcomer: key, lobby }];
  return addresses.flatMap((address) => addressIn(address) ?? []);
}

function addressIn(text: string): Address | null {
  const place = hostAndPort(text);
  return place === null || place.port === 0 ? null : place;
}
