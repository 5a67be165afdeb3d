// A machine that has accepted an admission and never saw the record: it asks the doors that it was
// told of, by its own key, as long as it takes. A door that knows its key lets it read the ledger,
// and there the record is. Spec: docs/pairing.md, "The admission".

import type { Decoded } from '../../ledger/record.ts';
import type { RecordId } from '../../proto/ids.ts';
import { readPeers } from '../daemon/kept.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { fetchLedger } from '../peer/fetch.ts';
import { isPeer } from '../peer/members.ts';
import { readKept } from './kept.ts';

export interface Pledged {
  readonly network: RecordId;
  /** URLs of doors: those that a person named, then those of the ceremony. */
  readonly doors: readonly string[];
}

/** What this machine has promised and where it may ask; null where nothing waits. */
export function pledgedIn(
  host: KeyHost,
  folder: string,
  told: readonly string[] = [],
): Pledged | null {
  const kept = readKept(host, folder);
  if (!kept.ok || kept.value.network === null) return null;
  return { network: kept.value.network, doors: doorsIn(host, folder, told) };
}

export function doorsIn(host: KeyHost, folder: string, told: readonly string[] = []): string[] {
  return [...new Set([...told, ...readPeers(host, folder).map(({ url }) => url)])];
}

export interface Seeking {
  readonly identity: PeerIdentity;
  readonly signal: AbortSignal;
  /** The ledger of this machine, begun where there is none. */
  readonly begin: (genesis: Decoded) => Promise<HomeLedger>;
}

/** Asks one door after the other; the one at which the record was, or null. */
export async function seekRecord(
  { network, doors }: Pledged,
  { identity, signal, begin }: Seeking,
): Promise<string | null> {
  const { publicKey, privateKey } = identity;
  for (const url of doors) {
    if (signal.aborted) return null;
    const own = { publicKey, privateKey };
    const got = await fetchLedger({ identity: own, url, ledger: network, signal, begin });
    if (got.ok && isPeer(got.value.home.replica, publicKey)) return url;
  }
  return null;
}
