// The wanted table: what it refuses, and that it is computed again only where something differs.

import { describe, expect, test } from 'vitest';
import golden from '../../fixtures/wg/addresses.json' with { type: 'json' };
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { KEEPALIVE_PUNCH_S } from '../../wg/limits.ts';
import {
  type Dial,
  type PeerRow,
  QUIET_DIAL,
  type TableInput,
  wantedTable,
} from '../../wg/table.ts';

const NETWORK = 'fd00:1:2::/48';
const OWN = { publicKey: 'own', listenPort: 7447 };
const keys = golden.keys.map(({ ed25519 }) => ed25519 as Key);
const forms = golden.keys.map(({ x25519 }) => x25519);
const [A, B, C] = keys.slice(1) as [Key, Key, Key];
const [a, b, c] = forms.slice(1) as [string, string, string];

function row(key: Key, prefix: string, more: Partial<PeerRow> = {}): PeerRow {
  return { key, wg: key, prefix, ipv4: null, ...more };
}
function input(
  rows: readonly PeerRow[],
  dials: readonly (readonly [Key, Dial])[] = [],
): TableInput {
  return { network: NETWORK, own: OWN, rows, dials: new Map(dials) };
}

describe('the wanted table', () => {
  test('holds a peer for each node, by its X25519 key', () => {
    const table = wantedTable(
      input([row(A, 'fd00:1:2:1::/96', { ipv4: '10.73.0.1' }), row(B, 'fd00:1:2:2::/96')]),
    );
    expect([...table.peers]).toEqual([
      [a, { ...peer(a, A), allowed: ['fd00:1:2:1::/96', '10.73.0.1/32'] }],
      [b, { ...peer(b, B), allowed: ['fd00:1:2:2::/96'] }],
    ]);
    expect(table.refused).toEqual([]);
  });

  function peer(publicKey: string, node: Key): object {
    return { publicKey, node, endpoint: null, pinned: false, keepaliveS: 25 };
  }

  test('leaves out a node without a WireGuard key, without a word', () => {
    const table = wantedTable(input([row(A, 'fd00:1:2:1::/96', { wg: null })]));
    expect(table).toMatchObject({ peers: new Map(), refused: [] });
  });

  test.each([
    ['wg-key-twice', [row(A, 'fd00:1:2:1::/96'), row(B, 'fd00:1:2:2::/96', { wg: A })], B],
    ['wg-prefix-twice', [row(A, 'fd00:1:2:1::/96'), row(B, 'fd00:1:2:1::/96')], B],
    [
      'wg-prefix-twice',
      [
        row(A, 'fd00:1:2:1::/96', { ipv4: '10.73.0.1' }),
        row(B, 'fd00:1:2:2::/96', { ipv4: '10.73.0.1' }),
      ],
      B,
    ],
    ['wg-prefix-foreign', [row(A, 'fd00:1:3:1::/96')], A],
    ['wg-prefix-foreign', [row(A, 'fd00:1:2::/64')], A],
    ['wg-prefix-foreign', [row(A, '10.73.0.0/96')], A],
    ['wg-key-unusable', [row(A, 'fd00:1:2:1::/96', { wg: identity() })], A],
  ] as const)('refuses %s, and the senior keeps what it has', (code, rows, node) => {
    const table = wantedTable(input(rows));
    expect(table.refused).toMatchObject([{ code, node }]);
    expect(table.peers.size).toBe(rows.length - 1);
  });

  function identity(): Key {
    const bytes = new Uint8Array(32);
    bytes[0] = 1;
    return toBase64url(bytes) as Key;
  }

  test('refuses the key of this machine', () => {
    const table = wantedTable({
      ...input([row(A, 'fd00:1:2:1::/96')]),
      own: { publicKey: a, listenPort: 1 },
    });
    expect(table.refused).toMatchObject([{ code: 'wg-key-own', node: A }]);
    expect(table.peers.size).toBe(0);
  });

  test('takes no name for an endpoint, and keeps the peer', () => {
    const dial = { ...QUIET_DIAL, endpoint: 'attic.example:7447', pinned: true };
    const table = wantedTable(input([row(A, 'fd00:1:2:1::/96')], [[A, dial]]));
    expect(table.refused).toMatchObject([{ code: 'wg-endpoint-name', node: A }]);
    expect(table.peers.get(a)).toMatchObject({ endpoint: null, pinned: false });
  });

  test('in a rotation holds both keys, and the carrier has the prefixes', () => {
    const dial = { ...QUIET_DIAL, carrier: C };
    const table = wantedTable(input([row(A, 'fd00:1:2:1::/96')], [[A, dial]]));
    expect(table.peers.get(c)).toMatchObject({ node: A, allowed: ['fd00:1:2:1::/96'] });
    expect(table.peers.get(a)).toMatchObject({ node: A, allowed: [] });
  });

  test('makes a peer again only where its row or its dial differs', () => {
    const rows = [row(A, 'fd00:1:2:1::/96'), row(B, 'fd00:1:2:2::/96')];
    const first = wantedTable(input(rows));
    const again = wantedTable(input([...rows], [[A, { ...QUIET_DIAL }]]), first);
    expect(again.peers.get(a)).toBe(first.peers.get(a));
    expect(again.peers.get(b)).toBe(first.peers.get(b));
    const turned = wantedTable(
      input(rows, [[A, { ...QUIET_DIAL, keepaliveS: KEEPALIVE_PUNCH_S }]]),
      again,
    );
    expect(turned.peers.get(a)).toMatchObject({ keepaliveS: 1 });
    expect(turned.peers.get(b)).toBe(first.peers.get(b));
    const elsewhere = wantedTable({ ...input(rows), network: 'fd00:1:3::/48' }, first);
    expect(elsewhere.refused.map(({ code }) => code)).toEqual([
      'wg-prefix-foreign',
      'wg-prefix-foreign',
    ]);
    expect(wantedTable(input([rows[1] as PeerRow]), turned).peers.has(a)).toBe(false);
  });
});
