// Where members can be reached, as it travels with an admission: what the ledger says, the doors
// that this machine has spoken to, and its own. The new machine's daemon begins with them.

import { type Replica, stateOf } from '../../ledger/replica.ts';
import { ENDPOINTS_MAX, MEMBERS_MAX } from '../../pairing/limits.ts';
import type { Member } from '../../pairing/messages.ts';
import type { Key } from '../../proto/ids.ts';
import { isEndpoint } from '../../proto/names.ts';
import { readyDaemon } from '../daemon/client.ts';
import { type KeptPeer, readPeers, writePeers } from '../daemon/kept.ts';
import { KEPT_PEERS_MAX } from '../daemon/limits.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { readIdentityKey } from '../keys/identity.ts';
import type { Address } from '../peer/address.ts';
import { addressesOf } from './addresses.ts';
import { OWN_HINTS_MAX } from './limits.ts';

export async function reachableFrom(host: KeyHost, home: HomeLedger): Promise<Member[]> {
  const { replica, folder } = home;
  const key = readIdentityKey(host, folder);
  const door = (await readyDaemon(folder))?.door ?? null;
  const own = key.ok && door !== null ? { key: key.value, door } : null;
  return reachableIn({ replica, kept: readPeers(host, folder), own }).slice(0, MEMBERS_MAX);
}

export interface Reach {
  readonly replica: Replica;
  /** Where peers have answered. */
  readonly kept: readonly KeptPeer[];
  /** This node and its door, where it has one. */
  readonly own: { readonly key: Key; readonly door: Address } | null;
}

/** The nodes of the ledger with the addresses that are known of them, the surest first. */
export function reachableIn({ replica, kept, own }: Reach): Member[] {
  const endpoints = new Map<Key, string[]>();
  const add = (key: Key, text: string): void => {
    const list = endpoints.get(key) ?? [];
    if (isEndpoint(text) && !list.includes(text)) endpoints.set(key, [...list, text]);
  };
  if (own !== null) {
    for (const address of addressesOf(own.door.host, own.door.port)) add(own.key, address);
  }
  for (const { key, url } of kept) add(key, url.replace(/^https:\/\//, ''));
  const nodes = stateOf(replica).members.filter(
    ({ class: its, removed }) => its === 'node' && removed === undefined,
  );
  for (const node of nodes) for (const endpoint of node.endpoints) add(node.key, endpoint);
  return nodes.flatMap(({ key }) => {
    const its = endpoints.get(key)?.slice(0, ENDPOINTS_MAX) ?? [];
    return its.length === 0 ? [] : [{ key, endpoints: its }];
  });
}

/**
 * The addresses that a ticket made here names, unless a person says others: first this machine's.
 */
export async function hintsFrom(host: KeyHost, home: HomeLedger): Promise<string[]> {
  const own = readIdentityKey(host, home.folder);
  const members = await reachableFrom(host, home);
  const here = members.filter(({ key }) => own.ok && key === own.value);
  const others = members.filter((member) => !here.includes(member));
  const theirs = others.flatMap(({ endpoints }) => endpoints.slice(0, 1));
  const all = [...here.flatMap(({ endpoints }) => endpoints).slice(0, OWN_HINTS_MAX), ...theirs];
  return [...new Set(all)].slice(0, ENDPOINTS_MAX);
}

/**
 * Kept for the daemon of this machine: it looks there for the others. First one address of each,
 * then their second ones, as many as are kept.
 */
export function keepReachable(host: KeyHost, folder: string, members: readonly Member[]): void {
  if (members.length === 0) return;
  const places = Array.from({ length: ENDPOINTS_MAX }, (_, i) => i);
  const told = places.flatMap((i) =>
    members.flatMap(({ key, endpoints }) => {
      const endpoint = endpoints[i];
      return endpoint === undefined ? [] : [{ key, url: `https://${endpoint}` }];
    }),
  );
  const urls = new Set(told.map(({ url }) => url));
  const before = readPeers(host, folder).filter(({ url }) => !urls.has(url));
  writePeers(host, folder, [...told, ...before].slice(0, KEPT_PEERS_MAX));
}
