// When this ledger last agreed with a peer: what a removal is measured by, since what is not held
// here cannot be shown before it falls, and what a restored ledger is believed by. The note is of
// one file on one machine: restored with it, it says nothing. Never an input of the fold.

import path from 'node:path';
import { outsideProfile } from '../../proto/json.ts';
import { isObject } from '../../ledger/schema.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { errnoOf } from '../keys/disk.ts';
import type { KeyHost } from '../keys/host.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { SYNCED_BYTES_MAX, SYNC_LATELY_MS } from './limits.ts';

export interface Synced {
  readonly at: number;
  readonly peer: Key;
}

function syncedFile(folder: string): string {
  return path.join(folder, 'synced.json');
}

/** Which file it was that agreed. */
function fileIn({ disk, machine }: KeyHost, folder: string): string {
  try {
    const fd = disk.openRead(path.join(folder, 'nodes.jsonl'), false);
    try {
      return `${machine} ${disk.facts(fd).identity}`;
    } finally {
      disk.close(fd);
    }
  } catch (fault) {
    if (errnoOf(fault) !== 'ENOENT') throw fault;
    return machine;
  }
}

/** To be called when a sync has ended with equal roots. */
export function noteSynced(host: KeyHost, folder: string, { at, peer }: Synced): void {
  const text = JSON.stringify({ at, peer, file: fileIn(host, folder) });
  replaceSecretFile(host.disk, syncedFile(folder), () => utf8(`${text}\n`));
}

/** The last sync of this very file, or null where there was none that is known of. */
export function lastSynced(host: KeyHost, folder: string): Synced | null {
  const bytes = readSecretFile(host.disk, syncedFile(folder), { sizeMax: SYNCED_BYTES_MAX });
  if (!bytes.ok) return null;
  try {
    const note: unknown = JSON.parse(textOf(bytes.value) ?? '');
    if (outsideProfile(note) !== null || !isObject(note as never)) return null;
    const { at, peer, file } = note as Partial<Synced & { file: string }>;
    const isOfThis = typeof at === 'number' && file === fileIn(host, folder);
    return isOfThis && typeof peer === 'string' && isKey(peer) ? { at, peer } : null;
  } catch {
    return null;
  }
}

/** Whether the last sync is recent by this machine's clock. One in the future is not. */
export function isSyncedLately(synced: Synced | null, nowMs: number): boolean {
  return synced !== null && nowMs >= synced.at && nowMs - synced.at <= SYNC_LATELY_MS;
}
