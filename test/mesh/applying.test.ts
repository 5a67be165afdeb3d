// The queue before the interface, over the model of one: nobody is raised from the dead, whatever
// changes while a command runs, and what somebody else does to the interface is put right.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import {
  type Applying,
  type Device,
  afterChange,
  createApplying,
} from '../../src/mesh/applying.ts';
import { commandOf } from '../../wg/commands.ts';
import { PEERS_A_CALL_MAX } from '../../wg/limits.ts';
import { type Change, planOf } from '../../wg/plan.ts';
import { type Dial, type PeerRow, QUIET_DIAL, type Table, wantedTable } from '../../wg/table.ts';
import { type Interface, actualOf, emptyInterface, perform, wgKey } from '../wg/model.ts';

const NETWORK = 'fd00:1:2::/48';
const OWN = { publicKey: wgKey('own'), listenPort: 7447 };

function keyOf(number: number): Key {
  const bytes = new Uint8Array(32).fill((number % 128) + 2, 0, 31);
  bytes[0] = number >> 7;
  return toBase64url(bytes) as Key;
}

function rowOf(node: number): PeerRow {
  const prefix = `fd00:1:2:${node + 1}::/96`;
  return { key: keyOf(node), wg: keyOf(100 + node), prefix, ipv4: null };
}

interface Bench {
  readonly on: Interface;
  readonly applying: Applying;
  /** What is wanted from now on. */
  want(nodes: readonly number[], dials?: ReadonlyMap<Key, Dial>): void;
  readonly made: Change[];
  readonly strangers: string[];
  readonly drifts: Change['kind'][][];
  readonly failures: string[];
  /** Called before each command. */
  before: (change: Change) => void;
  table(): Table;
}

function bench(): Bench {
  const on = emptyInterface();
  const made: Change[] = [];
  const strangers: string[] = [];
  const drifts: Change['kind'][][] = [];
  const failures: string[] = [];
  let table = wantedTable({ network: NETWORK, own: OWN, rows: [], dials: new Map() });
  const rows = new Map<number, PeerRow>();
  const known = new Set<string>();
  const device: Device = {
    async dump() {
      await Promise.resolve();
      return actualOf(on);
    },
    async make(change) {
      self.before(change);
      await Promise.resolve();
      perform(on, commandOf('kith00', change).argv, OWN.publicKey);
      made.push(change);
    },
  };
  const applying = createApplying({
    device,
    wish: () => ({ table, known }),
    stranger: ({ publicKey }) => void strangers.push(publicKey),
    drifted: (changes) => void drifts.push(changes.map(({ kind }) => kind)),
    failed: (error) => void failures.push(error.message),
  });
  const self: Bench = {
    ...{ on, applying, made, strangers, drifts, failures, before: () => undefined },
    table: () => table,
    want(nodes, dials = new Map()) {
      for (const node of nodes) if (!rows.has(node)) rows.set(node, rowOf(node));
      const its = nodes.map((node) => rows.get(node) as PeerRow);
      table = wantedTable({ network: NETWORK, own: OWN, rows: its, dials }, table);
      for (const key of table.peers.keys()) known.add(key);
    },
  };
  return self;
}

const held = ({ on }: Bench): string[] => [...on.peers.keys()].toSorted();
const wanted = ({ table }: Bench): string[] => [...table().peers.keys()].toSorted();

describe('the queue before the interface', () => {
  test('makes one command of one change', async () => {
    const it = bench();
    it.want([0, 1]);
    await it.applying.apply();
    expect(held(it)).toEqual(wanted(it));
    const before = it.made.length;
    it.want([0, 1, 2]);
    await it.applying.apply();
    expect(it.made.slice(before).map(({ kind }) => kind)).toEqual(['add-peer']);
    expect([it.strangers, it.drifts, it.failures]).toEqual([[], [], []]);
  });

  test('adds those of a first table in few calls', async () => {
    const it = bench();
    it.want(Array.from({ length: 2 * PEERS_A_CALL_MAX + 1 }, (_, node) => node));
    await it.applying.apply();
    expect(held(it)).toEqual(wanted(it));
    const added = it.made.filter(({ kind }) => kind.startsWith('add'));
    expect(added.map(({ kind }) => kind)).toEqual(['add-peers', 'add-peers', 'add-peer']);
    expect(it.applying.actual()?.peers.size).toBe(2 * PEERS_A_CALL_MAX + 1);
  });

  test('does not raise whoever is removed while a command runs', async () => {
    const it = bench();
    it.want(Array.from({ length: 3 * PEERS_A_CALL_MAX }, (_, node) => node));
    it.before = (change) => {
      if (change.kind === 'add-peers') it.want([0]);
    };
    await it.applying.apply();
    expect(held(it)).toEqual(wanted(it));
    expect(it.made.filter(({ kind }) => kind === 'add-peers')).toHaveLength(1);
  });

  test('does not turn a peer that was removed in the meantime', async () => {
    const it = bench();
    it.want([0, 1]);
    await it.applying.apply();
    const turning = it.applying.turn(keyOf(1));
    it.want([0]);
    expect(await turning).toBe(false);
    expect(held(it)).toEqual(wanted(it));
  });

  test('turns a peer at the endpoint that it has already', async () => {
    const it = bench();
    const dial: Dial = { ...QUIET_DIAL, endpoint: '192.0.2.1:7447' };
    it.want([0], new Map([[keyOf(0), dial]]));
    await it.applying.apply();
    const before = it.made.length;
    expect(await it.applying.turn(keyOf(0))).toBe(true);
    expect(it.made.slice(before).map(({ kind }) => kind)).toEqual(['turn-endpoint']);
  });

  test('knows who has begun anew since, and where: no turn is due for it', async () => {
    const it = bench();
    const endpoint = '192.0.2.1:7447';
    it.want([0, 1], new Map([[keyOf(0), { ...QUIET_DIAL, endpoint }]]));
    const [first] = [...it.table().peers.values()].filter(({ node }) => node === keyOf(0));
    const hasBegun = (at: string, since: number): boolean =>
      it.applying.hasBegun(first?.publicKey ?? '', at, since);
    const before = it.applying.beginnings();
    await it.applying.look();
    expect(hasBegun(endpoint, before)).toBe(true);
    expect(hasBegun('192.0.2.2:7447', before)).toBe(false);
    // What has begun is no news afterwards; a turn is.
    const later = it.applying.beginnings();
    await it.applying.look();
    expect(hasBegun(endpoint, later)).toBe(false);
    await it.applying.turn(keyOf(0));
    expect(hasBegun(endpoint, later)).toBe(true);
    // Whoever was taken off begins with the next addition.
    it.want([1]);
    await it.applying.look();
    expect(hasBegun(endpoint, before)).toBe(false);
  });

  test('puts right what somebody changed by hand, and says so', async () => {
    const it = bench();
    it.want([0, 1]);
    await it.applying.apply();
    perform(it.on, ['wg', 'set', 'kith00', 'peer', wgKey('thief'), 'allowed-ips', '10.0.0.0/8']);
    it.on.peers.delete(wanted(it)[0] as string);
    await it.applying.look();
    expect(held(it)).toEqual(wanted(it));
    expect(it.strangers).toEqual([wgKey('thief')]);
    expect(it.drifts).toEqual([['remove-stranger', 'add-peer']]);
    await it.applying.look();
    expect(it.drifts).toHaveLength(1);
  });

  test('goes on after a command that failed', async () => {
    const it = bench();
    it.want([0, 1]);
    it.before = () => {
      it.before = () => undefined;
      throw new Error('wg: no such device');
    };
    await it.applying.apply();
    expect(it.failures).toEqual(['wg: no such device']);
    await it.applying.look();
    expect(held(it)).toEqual(wanted(it));
  });

  test('does nothing any more once it was stopped', async () => {
    const it = bench();
    it.want([0, 1, 2]);
    const applied = it.applying.apply();
    await it.applying.stop();
    await applied;
    const before = it.made.length;
    it.want([]);
    await it.applying.apply();
    expect(await it.applying.turn(keyOf(0))).toBe(false);
    expect(it.made).toHaveLength(before);
  });
});

describe('what is known after a change', () => {
  const nodes = fc.uniqueArray(fc.nat(5), { maxLength: 6 });
  const dial = fc.record<Dial>({
    endpoint: fc.constantFrom(null, '192.0.2.1:7447', '198.51.100.2:1'),
    pinned: fc.boolean(),
    keepaliveS: fc.constantFrom(0, 1, 25),
    carrier: fc.constantFrom(null, keyOf(200), keyOf(201)),
  });

  test('is what the interface then shows, for every plan', () => {
    const wish = fc.tuple(nodes, fc.array(dial, { minLength: 6, maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 5 }), (wishes) => {
        const on = emptyInterface();
        for (const [its, dials] of wishes) {
          const byKey = new Map(dials.map((one, node) => [keyOf(node), one]));
          const rows = its.map(rowOf);
          const table = wantedTable({ network: NETWORK, own: OWN, rows, dials: byKey });
          let actual = actualOf(on);
          for (const change of planOf(table, actual, new Set())) {
            perform(on, commandOf('kith00', change).argv, OWN.publicKey);
            actual = afterChange(actual, change);
            expect(sorted(actual)).toEqual(sorted(actualOf(on)));
          }
        }
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

function sorted({ peers, ...rest }: ReturnType<typeof actualOf>): unknown {
  const its = [...peers.values()].map((peer) => ({ ...peer, allowed: peer.allowed.toSorted() }));
  return { ...rest, peers: its.toSorted((a, b) => (a.publicKey < b.publicKey ? -1 : 1)) };
}
