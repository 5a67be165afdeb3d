// A peer in a process of its own: serves a toy chain of so many records on a port until it is
// killed. Arguments: the port, the server's private key and the client's public key (both of a
// test), the number of records, and how many ms each one takes to read.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { Key } from '../../proto/ids.ts';
import { servePeers } from '../../src/peer/server.ts';
import { ingestToy, toyChain } from './peers.ts';
import { toyLedger } from './toy-ledger.ts';

const [port = '0', secret = '', member = '', records = '0', delay = '0'] = process.argv.slice(2);
const der = Buffer.from(secret, 'base64url');
const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x as Key;
const replica = toyLedger();
replica.ingest(toyChain(Number(records)));

const server = await servePeers({
  identity: { publicKey, privateKey },
  listen: { host: '127.0.0.1', port: Number(port) },
  door: ({ key }) => key === member,
  holdings: {
    ...replica.holdings,
    *lines(author, from) {
      for (const sendable of replica.holdings.lines(author, from)) {
        const until = performance.now() + Number(delay);
        while (performance.now() < until);
        yield sendable;
      }
    },
  },
  ingest: ingestToy(replica),
});
process.stdout.write(`${server.address.port}\n`);
