// When this ledger last agreed with a peer: what a removal is measured by, since what is not held
// here cannot be shown before it falls. A note for people, never an input of the fold.

import path from 'node:path';
import { outsideProfile } from '../../proto/json.ts';
import { isObject } from '../../ledger/schema.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
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

/** To be called when a sync has ended with equal roots. */
export function noteSynced(host: KeyHost, folder: string, synced: Synced): void {
  replaceSecretFile(host.disk, syncedFile(folder), () => utf8(`${JSON.stringify(synced)}\n`));
}

/** The last sync, or null where there was none that is known of. */
export function lastSynced(host: KeyHost, folder: string): Synced | null {
  const bytes = readSecretFile(host.disk, syncedFile(folder), { sizeMax: SYNCED_BYTES_MAX });
  if (!bytes.ok) return null;
  try {
    const note: unknown = JSON.parse(textOf(bytes.value) ?? '');
    if (outsideProfile(note) !== null || !isObject(note as never)) return null;
    const { at, peer } = note as Partial<Synced>;
    return typeof at === 'number' && typeof peer === 'string' && isKey(peer) ? { at, peer } : null;
  } catch {
    return null;
  }
}

/** Whether the last sync is recent by this machine's clock. One in the future is not. */
export function isSyncedLately(synced: Synced | null, nowMs: number): boolean {
  return synced !== null && nowMs >= synced.at && nowMs - synced.at <= SYNC_LATELY_MS;
}
