// The plan reaches what is wanted from anything that an interface can hold, and never makes a peer
// that is not wanted; and one long story, state in and commands out (fixtures/wg/story.json).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import story from '../../fixtures/wg/story.json' with { type: 'json' };
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { commandOf, dumpCommand } from '../../wg/commands.ts';
import { type Change, planOf } from '../../wg/plan.ts';
import { type Dial, type PeerRow, QUIET_DIAL, type Table, wantedTable } from '../../wg/table.ts';
import { actualOf, emptyInterface, type Interface, perform, wgKey } from './model.ts';

const NETWORK = 'fd00:1:2::/48';
interface Step {
  readonly why: string;
  readonly somebody?: readonly string[];
  readonly wanted: readonly {
    readonly node: string;
    readonly ipv4?: string;
    readonly dial?: Partial<Dial>;
    /** In a rotation: whose key it has now, and whose still carries. */
    readonly keyOf?: string;
    readonly carrier?: string;
  }[];
  readonly commands: readonly string[];
}

const OWN = { publicKey: wgKey('own'), listenPort: 7447 };

/** Any 32 bytes below 2^255 - 19 have an X25519 form but one. */
function keyOf(number: number): Key {
  return toBase64url(new Uint8Array(32).fill(number + 2, 0, 31)) as Key;
}

function rowOf(node: number, more: Partial<PeerRow> = {}): PeerRow {
  const prefix = `fd00:1:2:${node + 1}::/96`;
  return { key: keyOf(node), wg: keyOf(100 + node), prefix, ipv4: null, ...more };
}

function reach(on: Interface, wanted: Table, known: ReadonlySet<string>): Change[] {
  const changes = planOf(wanted, actualOf(on), known);
  for (const change of changes) {
    perform(on, commandOf('kith00', change).argv, wanted.own.publicKey);
  }
  return changes;
}

const dials = fc.record<Dial>({
  endpoint: fc.constantFrom(null, '192.0.2.1:7447', '[fd09::1]:7447', '[FD09::0:2]:7447'),
  pinned: fc.boolean(),
  keepaliveS: fc.constantFrom(0, 1, 25),
  carrier: fc.constantFrom(null, keyOf(200), keyOf(201)),
});

const tables: fc.Arbitrary<Table> = fc
  .uniqueArray(fc.nat(5), { maxLength: 6 })
  .chain((nodes) =>
    fc.tuple(
      fc.constant(nodes),
      fc.array(dials, { minLength: nodes.length, maxLength: nodes.length }),
      fc.array(fc.option(fc.nat(3)), { minLength: nodes.length, maxLength: nodes.length }),
    ),
  )
  .map(([nodes, its, ipv4]) => {
    const rows = nodes.map((node, i) =>
      rowOf(node, { ipv4: typeof ipv4[i] !== 'number' ? null : `10.73.0.${ipv4[i]}` }),
    );
    const byKey = new Map(rows.map((row, i) => [row.key, its[i] as Dial]));
    return wantedTable({ network: NETWORK, own: OWN, rows, dials: byKey });
  });

/** An interface as anybody may have left it: keys, prefixes and endpoints at random. */
const interfaces: fc.Arbitrary<Interface> = tables.chain((table) => {
  const keys = [...table.peers.keys(), wgKey('somebody'), wgKey('own'), wgKey('former')];
  const prefixes = [...table.peers.values()].flatMap(({ allowed }) => allowed);
  const peer = fc.record({
    key: fc.constantFrom(...keys),
    preshared: fc.boolean(),
    endpoint: fc.constantFrom(null, '192.0.2.1:7447', '198.51.100.3:1'),
    allowed: fc.uniqueArray(fc.constantFrom('fd00:1:2::/48', '0.0.0.0/0', ...prefixes)),
    keepalive: fc.constantFrom(0, 25),
  });
  return fc
    .tuple(fc.array(peer, { maxLength: 8 }), fc.constantFrom(null, wgKey('own'), wgKey('other')))
    .map(([peers, publicKey]) => {
      const on = { ...emptyInterface(), publicKey, port: peers.length === 0 ? 0 : 7447 };
      for (const { key, allowed, ...rest } of peers) {
        perform(on, ['wg', 'set', 'x', 'peer', key, 'allowed-ips', allowed.join(',')]);
        Object.assign(on.peers.get(key) as object, rest);
      }
      return on;
    });
});

const copyOf = (on: Interface): Interface => structuredClone(on);

describe('a plan', () => {
  test('reaches what is wanted from any interface, and then has nothing to do', () => {
    fc.assert(
      fc.property(interfaces, tables, (on, wanted) => {
        reach(on, wanted, new Set([wgKey('former')]));
        const actual = actualOf(on);
        expect(actual.publicKey).toBe(OWN.publicKey);
        expect(actual.listenPort).toBe(OWN.listenPort);
        expect([...actual.peers.keys()].toSorted()).toEqual([...wanted.peers.keys()].toSorted());
        for (const peer of wanted.peers.values()) {
          const now = actual.peers.get(peer.publicKey);
          expect(now?.allowed.toSorted()).toEqual(peer.allowed.toSorted());
          expect(now).toMatchObject({ preshared: false, keepaliveS: peer.keepaliveS });
          if (peer.pinned) expect(now?.endpoint).toBe(peer.endpoint);
        }
        expect(planOf(wanted, actual, new Set())).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test('removes first, but a key whose prefixes all move, and writes to nobody unwanted', () => {
    fc.assert(
      fc.property(interfaces, tables, (on, wanted) => {
        const known = new Set([wgKey('former')]);
        const changes = planOf(wanted, actualOf(on), known);
        const given = new Set([...wanted.peers.values()].flatMap(({ allowed }) => allowed));
        let others = 0;
        for (const change of changes) {
          if ('peer' in change) expect(wanted.peers.get(change.peer.publicKey)).toBe(change.peer);
          const isRemoval = change.kind === 'remove-peer' || change.kind === 'remove-stranger';
          if (!isRemoval) others += 1;
          else if (others > 0) {
            expect(known).toContain(change.publicKey);
            const moved = on.peers.get(change.publicKey)?.allowed ?? [];
            expect(moved.length).toBeGreaterThan(0);
            expect(moved.filter((prefix) => !given.has(prefix))).toEqual([]);
          }
        }
      }),
    );
  });

  test('hands a prefix over in one step: nobody loses one before its new owner has it', () => {
    fc.assert(
      fc.property(interfaces, tables, (on, wanted) => {
        const needed = new Set([...wanted.peers.values()].flatMap(({ allowed }) => allowed));
        const held = (): string[] => [...on.peers.values()].flatMap(({ allowed }) => allowed);
        for (const change of planOf(wanted, actualOf(on), new Set())) {
          const before = held();
          const own = 'peer' in change ? (on.peers.get(change.peer.publicKey)?.allowed ?? []) : [];
          perform(on, commandOf('kith00', change).argv, OWN.publicKey);
          if (change.kind !== 'move-prefix') continue;
          // Two peers that change places cannot both wait for the other.
          if (!change.peer.allowed.every((prefix) => own.includes(prefix))) continue;
          const now = new Set(held());
          expect(before.filter((prefix) => needed.has(prefix) && !now.has(prefix))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('stopped anywhere and planned again, it reaches the same', () => {
    fc.assert(
      fc.property(interfaces, tables, tables, fc.nat(10), (on, first, then, stop) => {
        const whole = copyOf(on);
        for (const change of planOf(first, actualOf(on), new Set()).slice(0, stop)) {
          perform(on, commandOf('kith00', change).argv, OWN.publicKey);
        }
        reach(on, then, new Set());
        reach(whole, then, new Set());
        const sorted = ({ peers }: Interface): unknown =>
          [...peers]
            .map(([key, { allowed, keepalive }]) => [key, ...allowed.toSorted(), keepalive].join())
            .toSorted();
        expect(sorted(on)).toEqual(sorted(whole));
      }),
    );
  });

  test('asked before each write, a peer removed meanwhile is never raised again', () => {
    fc.assert(
      fc.property(interfaces, tables, fc.nat(12), fc.nat(5), (on, wanted, when, who) => {
        const gone = [...wanted.peers.keys()][who];
        fc.pre(gone !== undefined);
        const changes = planOf(wanted, actualOf(on), new Set());
        let isGone = false;
        for (const [at, change] of changes.entries()) {
          if (at === when) {
            isGone = true;
            perform(on, ['wg', 'set', 'x', 'peer', gone, 'remove']);
          }
          // What src/os/wireguard.ts does with its question to the ledger.
          if ('peer' in change && isGone && change.peer.publicKey === gone) continue;
          perform(on, commandOf('kith00', change).argv, OWN.publicKey);
        }
        if (isGone) expect(on.peers.has(gone)).toBe(false);
      }),
    );
  });
});

describe('the story', () => {
  const names = new Map<string, string>(story.nodes.map((name) => [wireguard(name), `<${name}>`]));
  for (const word of story.strangers) names.set(wgKey(word), `<${word}>`);
  names.set(OWN.publicKey, '<own>');

  function numberOf(name: string): number {
    return story.nodes.indexOf(name);
  }
  function wireguard(name: string): string {
    const table = wantedTable({
      ...{ network: NETWORK, own: OWN, dials: new Map() },
      rows: [rowOf(numberOf(name))],
    });
    return [...table.peers.keys()][0] as string;
  }
  const shown = (words: readonly string[]): string =>
    words.map((word) => names.get(word) ?? word).join(' ');
  const read = (line: string): string[] =>
    line.split(' ').map((word) => [...names].find(([, name]) => name === word)?.[0] ?? word);

  test('is told by the commands it leads to', () => {
    const on = emptyInterface();
    const known = new Set<string>();
    let table: Table | null = null;
    for (const step of story.steps as readonly Step[]) {
      for (const line of step.somebody ?? []) perform(on, read(line));
      const rows = step.wanted.map(({ node, ipv4 = null, keyOf: whose = node }) =>
        rowOf(numberOf(node), { ipv4, wg: keyOf(100 + numberOf(whose)) }),
      );
      const wantedDials = step.wanted.map(
        ({ node, dial, carrier }) =>
          [
            keyOf(numberOf(node)),
            {
              ...{ ...QUIET_DIAL, ...dial },
              carrier: carrier === undefined ? null : keyOf(100 + numberOf(carrier)),
            },
          ] as const,
      );
      table = wantedTable({ network: NETWORK, own: OWN, rows, dials: new Map(wantedDials) }, table);
      const changes = planOf(table, actualOf(on), known);
      const commands = changes.map((change) => commandOf('kith00', change));
      const said = changes.map(({ kind }, i) => `${kind}: ${shown(commands[i]?.argv ?? [])}`);
      expect({ why: step.why, commands: said }).toEqual({
        why: step.why,
        commands: step.commands,
      });
      for (const { argv } of commands) perform(on, argv, OWN.publicKey);
      for (const key of table.peers.keys()) known.add(key);
      expect(planOf(table, actualOf(on), known)).toEqual([]);
    }
  });
});

describe('commands', () => {
  test('read the private key on stdin and hold none', () => {
    const command = commandOf('kith00', { kind: 'set-key', publicKey: OWN.publicKey });
    expect(command).toEqual({
      argv: ['wg', 'set', 'kith00', 'private-key', '/dev/stdin'],
      stdin: 'private-key',
    });
  });

  test.each(['', 'kith 0', '-x', 'kith/..', 'kith0123456789ab', 'Kith'])(
    'are made for no interface of the name "%s"',
    (name) => {
      expect(() => dumpCommand(name)).toThrow('broken rule');
    },
  );
});
