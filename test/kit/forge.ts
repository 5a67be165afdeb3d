// Ledgers of any size, fast and always the same from the same seed: a founder, operators, nodes
// with proved WireGuard keys, and updates of some 500 bytes in the order in which a busy network
// writes them. Records are made one by one, so that a million need no more memory than ten.

import type { RecordId } from '../../proto/ids.ts';
import type { Act } from '../../ledger/kinds.ts';
import {
  type Decoded,
  type Draft,
  idOf,
  sealedLine,
  signedBytes,
  unsignedText,
} from '../../ledger/record.ts';
import type { Verified } from '../../ledger/verify.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Actor, PEER, acts, actor, everything, genesis, signBytes } from './actors.ts';

export interface ForgeSpec {
  readonly operators: number;
  readonly nodes: number;
  /** At most 4,000: a node's quota is 4,096. */
  readonly updatesPerNode: number;
  /** Another seed gives other keys and another ledger. */
  readonly seed?: string;
}

/** What store-child.ts appends, and its parent knows too. */
export const CHILD_SPEC: ForgeSpec = { operators: 1, nodes: 4, updatesPerNode: 4_000 };

interface Head {
  readonly who: Actor;
  seq: number;
  id: RecordId | '';
}

/** Every record of the ledger, genesis first, in an order that keeps every link. */
export function* forge(spec: ForgeSpec): Generator<Verified> {
  const { operators, nodes, updatesPerNode, seed = 'forge' } = spec;
  const named = (name: string): Actor => actor(`${seed} ${name}`);
  const root: Head = { who: named('root'), seq: 0, id: '' };
  const first = genesis('forged', [root.who], named('paper'));
  const ledger = first.id;
  Object.assign(root, { seq: 1, id: ledger });
  yield first as Verified;

  const admitters: { head: Head; auth: RecordId[] }[] = [{ head: root, auth: [] }];
  for (let i = 0; i < operators; i++) {
    const who = named(`operator ${i}`);
    const admission = next(root, ledger, acts.operator(who, everything(4)));
    yield admission;
    admitters.push({ head: { who, seq: 0, id: '' }, auth: [admission.id] });
  }
  const heads: Head[] = [];
  for (let i = 0; i < nodes; i++) {
    const who = named(`node ${i}`);
    const by = admitters[i % admitters.length] as (typeof admitters)[number];
    yield next(by.head, ledger, acts.node(who, by.head.who, ledger, PEER), by.auth);
    heads.push({ who, seq: 0, id: '' });
  }
  for (let round = 0; round < updatesPerNode; round++) {
    for (const [i, head] of heads.entries()) yield next(head, ledger, update(i, round));
  }
}

/**
 * The next record of a chain. Signed, and not checked again: a forge is believed to know its work.
 */
function next(head: Head, ledger: RecordId, act: Act, auth: readonly RecordId[] = []): Verified {
  const draft: Draft = {
    ledger,
    author: head.who.key,
    seq: head.seq + 1,
    prev: head.id,
    auth,
    refs: [],
    ts: 1_800_000_000_000 + head.seq * 1_000,
    act,
  };
  const unsigned = unsignedText(draft);
  const id = idOf(unsigned, nodePlatform);
  const sig = signBytes(head.who, signedBytes(unsigned));
  Object.assign(head, { seq: draft.seq, id });
  const record: Decoded = { ...draft, id, sig, line: sealedLine(draft, sig), unsigned };
  return record as Verified;
}

function update(node: number, round: number): Act {
  const host = `${node % 250}.${round % 250}`;
  return acts.update({
    endpoints: [`10.0.${host}:51820`, `192.168.${host}:51820`, `node-${node}.example.org:51820`],
    labels: [`kernel-6.1.0-${round % 40}`, `rack-${node % 40}`, `round-${round}`, 'zone-north'],
  });
}
