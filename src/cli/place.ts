// Where a new machine is: an address as its console shows it, or its name among those announced on
// this network.

import { isName } from '../../proto/names.ts';
import { lookAround } from '../genesis/discovery.ts';
import { LOOK_MS } from '../genesis/limits.ts';
import { type Address, hostAndPort } from '../peer/address.ts';
import { addressOf } from './commands/candidates.ts';
import { stop } from './sentences.ts';

export async function placeNamed(text: string): Promise<Address> {
  const place = hostAndPort(text);
  if (place !== null && place.port > 0) return place;
  if (!isName(text)) return stop('not-an-address', text);
  // To the end: a second one of that name must not be missed.
  const found = (await lookAround(LOOK_MS)).filter(({ name }) => name === text);
  const [first, ...others] = found;
  if (first === undefined) return stop('no-such-candidate', text);
  // One machine may be heard on two links.
  const isClear = others.every(({ fingerprint }) => fingerprint === first.fingerprint);
  if (!isClear) return stop('ambiguous-candidate', found.map(addressOf).join(', '));
  return { host: first.source, port: first.port };
}
