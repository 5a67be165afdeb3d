// Networks made to be measured: a root, its nodes, and as many updates by them as asked, all really
// signed. The same shape always gives the same bytes: keys come from a counter and times from a
// fixed moment, so nothing here may ever protect anything.

import { createHash, type KeyObject } from 'node:crypto';
import type { Key, RecordId } from '../../proto/ids.ts';
import { hide } from '../../proto/secret.ts';
import type { Act, NodeUpdateBody } from '../../ledger/kinds.ts';
import { acceptanceMessage, wireguardMessage } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import { seal, write as writeDraft } from '../../ledger/seal.ts';
import { type KeyPair, keyPairOf, signOther, signRecord } from '../../src/keys/keypair.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Sodium, sodium } from '../../src/sodium.ts';

export interface Author {
  readonly name: string;
  readonly key: Key;
  readonly pair: KeyPair;
  /** For TLS. */
  readonly secret: KeyObject;
  seq: number;
  head: RecordId | '';
}

export interface Network {
  ledger: RecordId | '';
  readonly root: Author;
  readonly nodes: Author[];
  ts: number;
}

const LABEL_CHARS = 32;
const START_MS = 1_767_225_600_000;
/** So many keys lie in guarded memory, as the program's own: each takes four maps of a process. */
const GUARDED_MAX = 1_000;

function pairFrom(text: string, library: Sodium | null): KeyPair {
  const seed = hide(createHash('sha256').update(`kith bench ${text}`).digest());
  return keyPairOf(seed, library);
}

function author(name: string, number = 0): Author {
  const pair = pairFrom(name, number < GUARDED_MAX ? sodium : null);
  return { name, key: pair.publicKey, pair, secret: pair.privateKey, seq: 0, head: '' };
}

/** A network with its genesis, whose line is given too. */
export function found(): { readonly network: Network; readonly line: string } {
  const root = author('root');
  const network: Network = { ledger: '', root, nodes: [], ts: START_MS };
  const body = {
    network: 'bench',
    roots: [{ key: root.key, name: 'root' }],
    recovery: pairFrom('recovery', null).publicKey,
    defaults: {},
  };
  const line = write(network, root, { kind: 'genesis', body });
  network.ledger = root.head;
  return { network, line };
}

/** The network of a ledger made here, to write on: `headOf` says how far each author has come. */
export function resumed(
  ledger: RecordId,
  nodes: number,
  headOf: (key: Key) => { readonly seq: number; readonly head: RecordId | '' },
): Network {
  const known = (name: string, number = 0): Author => {
    const fresh = author(name, number);
    return { ...fresh, ...headOf(fresh.key) };
  };
  const members = Array.from({ length: nodes }, (_, i) => known(`node-${i}`, i));
  return { ledger, root: known('root'), nodes: members, ts: START_MS };
}

/** The next record of an author, made as a signer makes it (src/keys/signer.ts), journal aside. */
export function sign(
  network: Network,
  by: Author,
  act: Act,
  refs: readonly RecordId[] = [],
): Decoded {
  network.ts += 1000;
  const draft = {
    ledger: network.ledger,
    author: by.key,
    seq: by.seq + 1,
    prev: by.head,
    auth: [],
    refs,
    ts: network.ts,
    act,
  };
  const written = writeDraft(draft);
  const record = seal(written, signRecord(by.pair, written.unsigned), nodePlatform);
  if (!record.ok) throw new Error(`the benchmark made a bad record: ${record.code}`);
  by.seq++;
  by.head = record.value.id;
  return record.value;
}

/** The same, as its line. */
export function write(...what: Parameters<typeof sign>): string {
  return sign(...what).line;
}

/** Admits the next node, with the proofs that a real admission carries. */
export function admitNode(network: Network): string {
  const number = network.nodes.length;
  const node = author(`node-${number}`, number);
  const wireguard = pairFrom(`wireguard of ${node.name}`, null);
  const ledger = network.ledger as RecordId;
  const wgSig = signOther(wireguard, wireguardMessage(ledger, node.key, 0));
  const body = {
    key: node.key,
    name: node.name,
    grants: [],
    wg: { key: wireguard.publicKey, counter: 0, sig: wgSig },
  };
  const acceptance = signOther(node.pair, acceptanceMessage(ledger, network.root.key, body));
  network.nodes.push(node);
  return write(network, network.root, { kind: 'node.admit', body: { ...body, acceptance } });
}

/** What the i-th update says: two endpoints and labels, about `sizeBytes` of JSON. */
export function updateBody(i: number, sizeBytes: number): NodeUpdateBody {
  const endpoints = [`host-${i}.example.net:51820`, `198.51.100.${i % 250}:51820`];
  const labels: string[] = [];
  let size = 75;
  for (let n = 0; size + 12 < sizeBytes; n++) {
    const room = sizeBytes - size - 3;
    const start = `l${String.fromCharCode(97 + n)}.${i}.`;
    const label = start.padEnd(room < LABEL_CHARS ? room : LABEL_CHARS, 'kith');
    labels.push(label);
    size += label.length + 3;
  }
  return { endpoints, labels };
}

/** The lines of a whole network: genesis, the admissions, then updates by each node in turn. */
export function* networkLines(
  records: number,
  nodes: number,
  bodyBytes: number,
): Generator<string, Network> {
  const { network, line } = found();
  yield line;
  for (let i = 0; i < nodes; i++) yield admitNode(network);
  for (let i = 0; i + 1 + nodes < records; i++) {
    const node = network.nodes[i % nodes] as Author;
    yield write(network, node, { kind: 'node.update', body: updateBody(i, bodyBytes) });
  }
  return network;
}
