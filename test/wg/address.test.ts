// Derived addresses: the values that every version must keep, and what holds for any key.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import golden from '../../fixtures/wg/addresses.json' with { type: 'json' };
import { toBase64url } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  interfaceName,
  isNodeAddress,
  networkPrefix,
  nodeAddress,
  nodePrefix,
  nodePrefixes,
  prefixOf,
} from '../../wg/address.ts';
import { covers, formatIp, parseIp, parsePrefix } from '../../wg/ip.ts';
import { base64Of, wireguardKeys } from '../../wg/table.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64url);
const ledgers = id.map((text) => text as RecordId);
const keys = id.map((text) => text as Key);

describe('addresses', () => {
  test.each(golden.nodes)('are frozen: $prefix', ({ ledger, key, salt, ...rest }) => {
    const prefix = nodePrefix(ledger as RecordId, key as Key, salt, nodePlatform);
    expect({
      network: networkPrefix(ledger as RecordId, nodePlatform),
      prefix,
      address: nodeAddress(prefix),
      interface: interfaceName(ledger as RecordId, key as Key, nodePlatform),
    }).toEqual(rest);
  });

  test('lie in the network, and only the first of a prefix is the node', () => {
    fc.assert(
      fc.property(ledgers, keys, fc.nat(2 ** 32 - 1), (ledger, key, low) => {
        const network = networkPrefix(ledger, nodePlatform);
        const prefix = nodePrefix(ledger, key, 0, nodePlatform);
        const address = nodeAddress(prefix);
        const [outer, inner] = [parsePrefix(network), parsePrefix(prefix)];
        expect(outer !== null && inner !== null && covers(outer, inner)).toBe(true);
        expect(isNodeAddress(network, address)).toBe(true);
        expect(prefixOf(network, address)).toBe(prefix);
        const guest = (parseIp(address) as Uint8Array).slice();
        new DataView(guest.buffer).setUint32(12, low);
        expect(prefixOf(network, formatIp(guest))).toBe(prefix);
        expect(isNodeAddress(network, formatIp(guest))).toBe(low === 1);
      }),
    );
  });

  test.each(['fd00::1', '::1', '10.73.0.1', 'localhost', '', 'fe80::1%eth0'])(
    'of another network, or none: %s',
    (address) => {
      const network = networkPrefix(toBase64url(new Uint8Array(32)) as RecordId, nodePlatform);
      expect(isNodeAddress(network, address)).toBe(false);
      expect(prefixOf(network, address)).toBeNull();
    },
  );

  test('of two that meet the junior moves, and nobody else', () => {
    // A hash of which the node's part has three values only.
    const coarse = {
      sha256: (bytes: Uint8Array) => {
        const digest = nodePlatform.sha256(bytes);
        return new Uint8Array(32).fill((digest[0] as number) % 3);
      },
    };
    const ledger = toBase64url(new Uint8Array(32)) as RecordId;
    const nodes = [0, 1, 2].map((i) => toBase64url(new Uint8Array(32).fill(i)) as Key);
    const all = nodePrefixes(ledger, nodes, coarse);
    expect(new Set(all.values()).size).toBe(3);
    expect(all.get(nodes[0] as Key)).toBe(nodePrefix(ledger, nodes[0] as Key, 0, coarse));
    for (let count = 1; count < nodes.length; count++) {
      const fewer = nodePrefixes(ledger, nodes.slice(0, count), coarse);
      for (const [key, prefix] of fewer) expect(all.get(key)).toBe(prefix);
    }
    const moved = nodes.filter((key) => all.get(key) !== nodePrefix(ledger, key, 0, coarse));
    expect(moved.length).toBeGreaterThan(0);
  });
});

describe('the X25519 form of a key', () => {
  test('is that of the definition', () => {
    const forms = wireguardKeys(golden.keys.map(({ ed25519 }) => ed25519 as Key));
    expect(forms).toEqual(golden.keys.map(({ x25519 }) => x25519));
  });

  test('is written as wg writes it', () => {
    for (let size = 1; size < 34; size++) {
      const bytes = new Uint8Array(size).fill(0xfb);
      expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    }
  });

  test('is missing for the one key that has none, and for nobody beside it', () => {
    const one = new Uint8Array(32);
    one[0] = 1;
    const [first, none, last] = [golden.keys[0], toBase64url(one), golden.keys[1]];
    expect(wireguardKeys([first?.ed25519, none, last?.ed25519] as Key[])).toEqual([
      first?.x25519,
      null,
      last?.x25519,
    ]);
  });
});
