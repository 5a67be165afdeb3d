// Nodes as a placer sees them, made up: ten thousand of which most could take the work. Objects are
// written out: one that begins with another one's fields has a shape of its own in V8, and ten
// thousand shapes are slower to read than anything that is measured here.

import { NOTHING_BESIDE } from '../../beat/offer.ts';
import { createHash } from 'node:crypto';
import type { MemberState, State } from '../../ledger/state.ts';
import type { Demand } from '../../place/demand.ts';
import { diceOf } from '../../place/dice.ts';
import type { PlaceNode } from '../../place/node.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { NodeFacts } from '../../src/mesh/facts.ts';
import type { Seen } from '../../src/placing.ts';
import { type Spec, readSpec } from '../../work/spec.ts';

export const DEMAND: Demand = {
  kind: 'job',
  cpuMilli: 2_000,
  memMib: 4_096,
  diskMib: 1_024,
  gpu: null,
  arch: null,
  need: [],
  nodes: null,
  avoid: [],
  policy: null,
};

/** Asks for the same. */
export const SPEC: Spec = specOf({ cpu: 2, memory: '4GiB', disk: '1GiB' });

function specOf(resources: object): Spec {
  const read = readSpec({ name: 'work', job: { image: 'busybox' }, resources });
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

export function keyOf(name: string): Key {
  return createHash('sha256').update(name).digest('base64url') as Key;
}

const keys = new Map<number, readonly Key[]>();

/** Made once: hashing them would take longer than what is measured. In their order. */
function keysOf(count: number): readonly Key[] {
  const known =
    keys.get(count) ?? Array.from({ length: count }, (_, n) => keyOf(`${n}`)).toSorted();
  keys.set(count, known);
  return known;
}

const LABELS: readonly string[] = ['ssd'];
const KINDS: readonly ('job' | 'vm')[] = ['job', 'vm'];

/**
 * Nine in ten fit; the others are drained, silent or full. By key, as a daemon puts them together.
 */
export function manyNodes(count: number, seed: number): PlaceNode[] {
  const roll = diceOf(seed);
  return keysOf(count).map((key, n): PlaceNode => {
    const memFreeMib = roll(20) === 0 ? 2_048 : 8_192 + roll(100_000);
    return {
      key,
      name: `node-${n}`,
      labels: LABELS,
      arch: 'amd64',
      heard: roll(30) === 0 ? 'suspect' : 'alive',
      heardAgoMs: roll(10_000),
      cloned: false,
      frozen: false,
      drained: false,
      peer: true,
      denied: null,
      taking: roll(50) === 0 ? 'draining' : 'open',
      kinds: KINDS,
      holds: false,
      room: {
        cpuMilli: 32_000,
        cpuFreeMilli: 4_000 + roll(28_000),
        memMib: 131_072,
        memFreeMib,
        diskMib: 1_000_000,
        diskFreeMib: 50_000 + roll(900_000),
        cardCount: 0,
        cards: [],
      },
    };
  });
}

const GRANTS: MemberState['grants'] = [
  { from: keyOf('admission') as unknown as RecordId, grants: [grantOf('place.job')] },
];

function grantOf(action: 'place.job'): MemberState['grants'][number]['grants'][number] {
  return { action, resource: '', depth: 0 };
}

/** A ledger of so many members that all may place, in no order. */
export function stateOf(count: number): State {
  const roll = diceOf(1);
  const members = manyNodes(count, 1).map((node) => ({ at: roll(2 ** 31), of: memberOf(node) }));
  const shuffled = members.toSorted((a, b) => a.at - b.at).map(({ of }) => of);
  return { members: shuffled, config: [] } as unknown as State;
}

/** What was heard of its nodes. */
export function seenFrom(state: State, nodes: readonly PlaceNode[]): Seen {
  const heard = new Map(nodes.map((node) => [node.key, factsOf(node)]));
  return { state, self: nodes[0]?.key as Key, heard, nowMs: 1_800_000_000_000 };
}

function memberOf({ key, name, labels }: PlaceNode): MemberState {
  return {
    key,
    class: 'node',
    rank: [],
    root: false,
    by: key as unknown as RecordId,
    name,
    shown: name,
    labels,
    endpoints: [],
    grants: GRANTS,
  };
}

function factsOf({ key, heard, heardAgoMs, taking, room }: PlaceNode): NodeFacts {
  return {
    key,
    address: '',
    ipv4: null,
    liveness: heard,
    heardAgoMs,
    headroom: {
      cpuMilli: room?.cpuMilli ?? null,
      cpuFreeMilli: null,
      ramMib: room?.memMib ?? null,
      ramFreeMib: null,
      diskMib: room?.diskMib ?? null,
      diskFreeMib: null,
      loadCenti: null,
      gpuCount: 0,
      gpus: [],
    },
    offer: {
      taking: taking ?? 'frozen',
      kinds: KINDS,
      cpuMilli: room?.cpuFreeMilli ?? null,
      memMib: room?.memFreeMib ?? null,
      diskMib: room?.diskFreeMib ?? null,
      takenCards: [],
      beside: { job: NOTHING_BESIDE, vm: NOTHING_BESIDE },
      held: 0,
      images: [],
    },
    clockOffsetMs: null,
    version: null,
    agrees: null,
    cloned: false,
    relay: false,
    lobby: false,
  };
}
