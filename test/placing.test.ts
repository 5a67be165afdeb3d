// From a ledger and what was heard to nodes to place on: who is there, what it may, what it has.

import { arch } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type Grant } from '../ledger/grant.ts';
import { stateOf } from '../ledger/replica.ts';
import type { NodeFacts } from '../src/mesh/facts.ts';
import { imageBriefOf } from '../beat/offer.ts';
import type { Digest, Key } from '../proto/ids.ts';
import { type Seen, demandOf, nodesFor } from '../src/placing.ts';
import { Scribe, actor, acts, take, world } from './kit/actors.ts';
import { JOB, VM, specOf } from './work/specs.ts';

const root = actor('root');
const [attic, barn, lamp, stove] = ['attic', 'barn', 'lamp', 'stove'].map(actor);
const NOW = 1_800_000_000_000;

const job = (more: Partial<Grant> = {}): Grant => ({
  ...{ action: 'place.job', resource: '', depth: 0 },
  ...more,
});

/** The attic places, with these grants; the barn is a peer, the lamp an observer. */
function network(grants: readonly Grant[] = [job()]): { scribe: Scribe; seen: () => Seen } {
  const scribe = new Scribe();
  const here = world(scribe.genesis);
  const admit = (who: typeof attic, its: readonly Grant[], labels: string[]): void => {
    const more = labels.length === 0 ? {} : { labels };
    scribe.by(root, acts.node(who!, root, scribe.ledger, its, more));
  };
  admit(attic, grants, []);
  admit(barn, [job()], ['arch-arm64', 'lab-2']);
  admit(lamp, [{ action: 'work.read', resource: '', depth: 0 }], []);
  admit(stove, [job()], []);
  scribe.remove(stove!, root);
  const seen = (): Seen => {
    take(here, scribe.records);
    const heard = new Map([[barn!.key, FACTS]]);
    return { state: stateOf(here.replica), self: attic!.key, heard, nowMs: NOW };
  };
  return { scribe, seen };
}

const FACTS: NodeFacts = {
  ...{ key: barn!.key, address: 'fd00::1', ipv4: null, liveness: 'alive', heardAgoMs: 900 },
  headroom: {
    ...{
      cpuMilli: 4_000,
      cpuFreeMilli: null,
      ramMib: 8_192,
      ramFreeMib: 4_096,
      diskMib: 1,
      diskFreeMib: null,
    },
    ...{ loadCenti: 3, gpuCount: 2 },
    gpus: [
      { name: 'NVIDIA H200', vramMib: 1, vramFreeMib: null, loadPercent: null, state: 'split' },
      { name: 'NVIDIA L4', vramMib: 2, vramFreeMib: 1, loadPercent: 0, state: 'fit' },
    ],
  },
  offer: {
    ...{ taking: 'open', kinds: ['job'], cpuMilli: 7_000, memMib: 3_000, diskMib: null },
    ...{ takenCards: [1], held: 2, images: [] },
    beside: { job: { memMib: 0, diskMib: 16 }, vm: { memMib: 196, diskMib: 2 } },
  },
  ...{ clockOffsetMs: 0, version: null, agrees: null, cloned: true, relay: false, lobby: false },
};

const byName = (seen: Seen, value: unknown = JOB): Record<string, ReturnType<typeof nodesFor>[0]> =>
  Object.fromEntries(nodesFor(specOf(value), seen).map((node) => [node.name, node]));

describe('nodes', () => {
  test('are the members that were not removed, as the ledger and their own words have them', () => {
    const nodes = byName(network().seen());
    expect(Object.keys(nodes).toSorted()).toEqual(['attic', 'barn', 'lamp']);
    expect(nodes['barn']).toEqual({
      ...{ key: barn!.key, name: 'barn', labels: ['arch-arm64', 'lab-2'], arch: 'arm64' },
      ...{ heard: 'alive', heardAgoMs: 900, cloned: true, frozen: false, drained: false },
      ...{ peer: true, denied: null, taking: 'open', kinds: ['job'], holds: false },
      room: {
        ...{ cpuMilli: 4_000, cpuFreeMilli: 7_000, memMib: 8_192, memFreeMib: 3_000 },
        ...{ diskMib: 1, diskFreeMib: null, cardCount: 2 },
        cards: [
          { name: 'NVIDIA H200', vramMib: 1, vramFreeMib: null, fit: false, taken: false },
          { name: 'NVIDIA L4', vramMib: 2, vramFreeMib: 1, fit: true, taken: true },
        ],
      },
    });
    expect(nodes['lamp']).toMatchObject({ peer: false, heard: 'unheard', room: null, arch: null });
    const ours: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
    expect(nodes['attic']?.arch).toBe(ours[arch()] ?? null);
  });

  test('have room for a guest less what its host charges beside it: QEMU with KVM, or without', () => {
    expect(byName(network().seen(), VM)['barn']?.room).toMatchObject({ memFreeMib: 3_000 - 196 });
    const small = { ...FACTS.offer!, memMib: 100, diskMib: 1_000 };
    const { seen } = network();
    const heard = new Map([[barn!.key, { ...FACTS, offer: small }]]);
    const room = byName({ ...seen(), heard }, VM)['barn']?.room;
    expect(room).toMatchObject({ memFreeMib: 0, diskFreeMib: 998 });
  });

  test('are drained while an operator says so, and frozen where they wrote twice', () => {
    const { scribe, seen } = network();
    const commit = (value: boolean | string): void =>
      void scribe.by(root, { kind: 'config.commit', body: { key: 'drained/barn', value } });
    const isDrained = (): boolean | undefined => byName(seen())['barn']?.drained;
    expect(isDrained()).toBe(false);
    commit(true);
    expect(isDrained()).toBe(true);
    commit('no');
    expect(isDrained()).toBe(false);
    const first = scribe.by(lamp!, acts.update({ labels: ['a'] }));
    scribe.by(lamp!, acts.update({ labels: ['b'] }));
    scribe.fork(lamp!, first, acts.update({ labels: ['c'] }));
    expect(byName(seen())['lamp']?.frozen).toBe(true);
  });
});

test('a node holds the images of a work where it has told of all of them, by id', () => {
  const [image, kernel] = ['i', 'k'].map((sign) => sign.repeat(42) + 'A') as [string, string];
  const told = (...images: string[]): Seen => {
    const offer = { ...FACTS.offer!, images: images.map((id) => imageBriefOf(id as Digest)) };
    return { ...network().seen(), heard: new Map([[barn!.key, { ...FACTS, offer }]]) };
  };
  const holds = (seen: Seen, value: unknown): boolean | undefined =>
    byName(seen, value)['barn']?.holds;
  const job1 = { ...JOB, job: { image } };
  expect([
    holds(told(kernel, image), job1),
    holds(told(kernel), job1),
    holds(told(), job1),
  ]).toEqual([...[true, false, false]]);
  // What a name stands for at an engine nobody tells.
  expect(holds(told(image), JOB)).toBe(false);
  const vm = { ...VM, vm: { image, kernel } };
  expect([holds(told(image, kernel), vm), holds(told(image), vm)]).toEqual([true, false]);
  expect(byName(told(image), job1)['attic']?.holds).toBe(false);
});

describe('the right to place', () => {
  const denied = (grants: readonly Grant[], value: unknown = JOB): string[] => {
    const nodes = byName(network(grants).seen(), value);
    return ['attic', 'barn'].map((name) => nodes[name]?.denied?.why ?? 'allowed');
  };
  const none = 'this machine has no right place.job there';

  test.each<[string, Grant[], string[]]>([
    ['covers all', [job()], ['allowed', 'allowed']],
    ['is not held', [], [none, none]],
    ['covers a label', [job({ resource: 'lab-' })], [none, 'allowed']],
    ['covers no label', [job({ resource: 'lab-3' })], [none, none]],
    ['has expired', [job({ expires: NOW })], [none, none]],
    ['holds a moment longer', [job({ expires: NOW + 1 })], ['allowed', 'allowed']],
  ])('%s', (_, grants, want) => {
    expect(denied(grants)).toEqual(want);
  });

  test('has limits, of which the widest grant counts', () => {
    const bound = (limits: Record<string, number>): Grant => job({ limits });
    const why = 'the right to place allows mem_mib 4096, the spec asks for 8192';
    expect(denied([bound({ mem_mib: 4_096 })])).toEqual([why, why]);
    expect(denied([bound({ mem_mib: 4_096 }), bound({ mem_mib: 8_192, concurrent: 1 })])).toEqual([
      ...['allowed', 'allowed'],
    ]);
    for (const limits of [{ cpu_milli: 1_999 }, { disk_mib: 0 }, { max_runtime_s: 299 }])
      expect(denied([bound(limits)])[0]).toMatch(/allows/);
    const gpu = { ...JOB, resources: { gpu: { count: 2 } } };
    expect(denied([bound({ gpus: 1 })], gpu)[0]).toMatch(/gpus 1, the spec asks for 2/);
  });

  test('to place a VM is another, and work without an end is longer than any limit', () => {
    expect(denied([job()], VM)[0]).toBe('this machine has no right place.vm there');
    const vm: Grant = { ...job({ limits: { max_runtime_s: 9 } }), action: 'place.vm' };
    expect(denied([vm], VM)[0]).toBe(
      'the right to place allows max_runtime_s 9, the spec asks for no end',
    );
  });

  test('is that of the record which the spec names', () => {
    const { scribe, seen } = network([]);
    const { id } = scribe.by(root, acts.grant(attic!, [job()]));
    const [other] = scribe.records;
    const named = (capability: string): unknown =>
      byName(seen(), { ...JOB, capability })['barn']?.denied;
    expect(named(id)).toBe(null);
    expect(named(other!.id)).toMatchObject({ code: 'place-no-right' });
  });
});

describe('a demand', () => {
  test('is what a spec needs of a node', () => {
    expect(demandOf(specOf(JOB))).toEqual({
      kind: 'job',
      ...{ cpuMilli: 2_000, memMib: 8_192, diskMib: 1_024, gpu: null, arch: null },
      ...{ need: [], nodes: null, avoid: [], policy: null },
    });
    const constraints = {
      arch: 'arm64',
      need: ['ssd'],
      nodes: ['barn' as string | Key],
      policy: 'pin',
    };
    const gpu = { count: 2, minVram: '24GiB', vendor: 'nvidia', model: 'L4' };
    expect(demandOf(specOf({ ...JOB, constraints, resources: { gpu } }))).toMatchObject({
      ...constraints,
      gpu: { count: 2, minVramMib: 24_576, vendor: 'nvidia', model: 'L4' },
    });
  });
});
