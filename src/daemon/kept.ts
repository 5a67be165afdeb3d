// What the daemon remembers between two runs, beside the ledger: where its door was, and where
// peers last answered. Notes, never inputs of the fold: what does not read is begun anew.

import { join } from 'node:path';
import { isObject } from '../../ledger/schema.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { type Json, outsideProfile } from '../../proto/json.ts';
import type { KeyHost } from '../keys/host.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { urlIn } from '../peer/address.ts';
import { KEPT_PEERS_MAX, PEERS_BYTES_MAX } from './limits.ts';

export interface KeptPeer {
  readonly key: Key;
  readonly url: string;
}

/** The addresses at which peers last answered, the latest first. */
export function readPeers(host: KeyHost, folder: string): readonly KeptPeer[] {
  const peers = readNote(host, join(folder, 'peers.json'))?.['peers'];
  if (!Array.isArray(peers)) return [];
  return peers.slice(0, KEPT_PEERS_MAX).flatMap((peer: Json): KeptPeer[] => {
    if (!isObject(peer)) return [];
    const { key, url } = peer;
    if (typeof key !== 'string' || !isKey(key)) return [];
    return typeof url === 'string' && urlIn(url) === url ? [{ key, url }] : [];
  });
}

export function writePeers(host: KeyHost, folder: string, peers: readonly KeptPeer[]): void {
  writeNote(host, join(folder, 'peers.json'), {
    peers: peers.map(({ key, url }) => ({ key, url })),
  });
}

/** The peers with this one first, an address each; the same list where nothing is new. */
export function withPeer(peers: readonly KeptPeer[], { key, url }: KeptPeer): readonly KeptPeer[] {
  if (peers.some((peer) => peer.key === key && peer.url === url)) return peers;
  const others = peers.filter((peer) => peer.key !== key && peer.url !== url);
  return [{ key, url }, ...others].slice(0, KEPT_PEERS_MAX);
}

/** The port of the door in the last run, or null. */
export function readDoorPort(host: KeyHost, folder: string): number | null {
  const port = readNote(host, join(folder, 'door.json'))?.['port'];
  return typeof port === 'number' && port > 0 && port < 65_536 ? port : null;
}

export function writeDoorPort(host: KeyHost, folder: string, port: number): void {
  writeNote(host, join(folder, 'door.json'), { port });
}

function readNote({ disk }: KeyHost, path: string): Readonly<Record<string, Json>> | null {
  const bytes = readSecretFile(disk, path, { sizeMax: PEERS_BYTES_MAX });
  if (!bytes.ok) return null;
  try {
    const note: unknown = JSON.parse(textOf(bytes.value) ?? '');
    return outsideProfile(note) === null && isObject(note as Json)
      ? (note as Readonly<Record<string, Json>>)
      : null;
  } catch {
    return null;
  }
}

function writeNote({ disk }: KeyHost, path: string, note: Readonly<Record<string, Json>>): void {
  replaceSecretFile(disk, path, () => utf8(`${JSON.stringify(note)}\n`));
}
