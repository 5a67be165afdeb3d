// The search for a differing author as it crosses a real connection: TLS 1.3 by both nodes' keys,
// every byte of the socket counted by a relay between the two.

import net from 'node:net';
import { holdingsOf } from '../../ledger/holdings.ts';
import { memberOf } from '../../ledger/replica.ts';
import { nodePlatform } from '../../src/platform.ts';
import { syncWith } from '../../src/peer/client.ts';
import type { Door } from '../../src/peer/door.ts';
import type { Ingest } from '../../src/peer/lines.ts';
import { servePeers } from '../../src/peer/server.ts';
import { type MemoryReplica, takeLines } from './intake.ts';
import type { Author } from './network.ts';

const HOST = '127.0.0.1';

export interface SocketBytes {
  asked: number;
  answered: number;
}

export interface End {
  readonly held: MemoryReplica;
  readonly node: Author;
}

/** Bytes on the socket from its opening until `ours` knows which author differs. */
export async function findOverTls(ours: End, theirs: End): Promise<SocketBytes> {
  const server = await servePeers({
    identity: { publicKey: theirs.node.key, privateKey: theirs.node.secret },
    listen: { host: HOST, port: 0 },
    door: membersOf(theirs.held),
    holdings: holdingsOf(theirs.held.replica),
    ingest: into(theirs.held),
  });
  const count: SocketBytes = { asked: 0, answered: 0 };
  const relay = await countingRelay(server.address.port, count);
  let found: SocketBytes | null = null;
  const { outcome } = await syncWith({
    identity: { publicKey: ours.node.key, privateKey: ours.node.secret },
    url: `https://${HOST}:${relay.port}`,
    door: membersOf(ours.held),
    holdings: holdingsOf(ours.held.replica),
    platform: nodePlatform,
    ingest: into(ours.held),
    progress: ({ phase }) => {
      if (phase === 'pull') found ??= { ...count };
    },
  });
  relay.close();
  await server.close();
  if (outcome.kind === 'agree' && found !== null) return found;
  throw new Error(`the sync ended with ${JSON.stringify(outcome)}`);
}

function membersOf({ replica }: MemoryReplica): Door {
  return ({ key }) => memberOf(replica, key) !== null;
}

function into(held: MemoryReplica): Ingest {
  return async (lines) => {
    await takeLines(held, lines);
    return { accepted: lines.length, duplicates: 0, parked: 0, refused: [] };
  };
}

/** Passes a connection on to the port, counting each way. */
async function countingRelay(
  to: number,
  count: SocketBytes,
): Promise<{ readonly port: number; close(): void }> {
  const relay = net.createServer((asking) => {
    const answering = net.connect(to, HOST);
    asking.on('data', (bytes) => (count.asked += bytes.length));
    answering.on('data', (bytes) => (count.answered += bytes.length));
    asking.pipe(answering).pipe(asking);
    asking.on('error', () => answering.destroy());
    answering.on('error', () => asking.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, HOST, resolve));
  const { port } = relay.address() as net.AddressInfo;
  return { port, close: () => void relay.close() };
}
