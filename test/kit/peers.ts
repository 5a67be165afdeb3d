// Peers on loopback with real TLS: toy ledgers behind the real server and client.

import { generateKeyPairSync } from 'node:crypto';
import type { Key } from '../../proto/ids.ts';
import type { PeerIdentity } from '../../src/peer/certificate.ts';
import { type SyncOptions, type SyncResult, syncWith } from '../../src/peer/client.ts';
import type { Door } from '../../src/peer/door.ts';
import type { Ingest } from '../../src/peer/lines.ts';
import type { PeerEvent } from '../../src/peer/served.ts';
import { type PeerServer, servePeers } from '../../src/peer/server.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Toy, type ToyLedger, toyId, toyLine } from './toy-ledger.ts';

export function newIdentity(): PeerIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: publicKey.export({ format: 'jwk' }).x as Key, privateKey };
}

/** Lets in these and nobody else. */
export function only(...members: readonly PeerIdentity[]): Door {
  const keys = new Set(members.map(({ publicKey }) => publicKey));
  return ({ key }) => keys.has(key);
}

export function ingestToy(replica: ToyLedger): Ingest {
  return async (lines) => {
    const tally = replica.ingest(lines);
    const refused = Array.from({ length: tally.refused }, () => ({ code: 'beyond-cut' as const }));
    return tally.faulty
      ? { ...tally, refused: [...refused, { code: 'bad-signature' as const }] }
      : { ...tally, refused };
  };
}

export interface ToyPeer {
  readonly server: PeerServer;
  readonly url: string;
  readonly events: PeerEvent[];
}

export async function serveToy(
  identity: PeerIdentity,
  replica: ToyLedger,
  door: Door,
  ingest: Ingest = ingestToy(replica),
): Promise<ToyPeer> {
  const events: PeerEvent[] = [];
  const server = await servePeers({
    identity,
    listen: { host: '127.0.0.1', port: 0 },
    door,
    holdings: replica.holdings,
    ingest,
    log: (event) => events.push(event),
  });
  return { server, url: `https://127.0.0.1:${server.address.port}`, events };
}

export function syncToy(
  identity: PeerIdentity,
  replica: ToyLedger,
  url: string,
  more: Partial<SyncOptions> = {},
): Promise<SyncResult> {
  return syncWith({
    identity,
    url,
    door: () => true,
    holdings: replica.holdings,
    platform: nodePlatform,
    ingest: ingestToy(replica),
    ...more,
  });
}

/** One author, admitted by the root, with a chain of so many records. */
export function toyChain(records: number, saltLength = 0): string[] {
  const admission: Toy = { author: 0, seq: 1, prev: '', salt: 0, admit: 1 };
  const lines = [toyLine(admission)];
  let prev: Toy | undefined;
  for (let seq = 1; seq <= records; seq++) {
    const salt = Number(`1${String(seq).padStart(saltLength, '0')}`);
    prev = { author: 1, seq, prev: prev === undefined ? '' : toyId(prev), salt };
    lines.push(toyLine(prev));
  }
  return lines;
}
