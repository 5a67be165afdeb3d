// Where a new machine is: an address as its console shows it, or its name among those announced on
// this network.

import { type Address, hostAndPort } from '../peer/address.ts';
import { stop } from './sentences.ts';

export async function placeNamed(text: string): Promise<Address> {
  const place = hostAndPort(text);
  if (place !== null && place.port > 0) return place;
  return stop('not-an-address', text);
}
