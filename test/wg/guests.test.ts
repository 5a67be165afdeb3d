import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodePlatform } from '../../src/platform.ts';
import { egressRules } from '../../wg/egress.ts';
import { type Guest, guestAddress, guestDevice, guestRules } from '../../wg/guests.ts';
import { covers, parsePrefix, type Prefix } from '../../wg/ip.ts';

const PREFIX = 'fd5e:9c1f:77aa:4b0e:8d31:22f0::/96';
const MESH = { device: 'kith12ab34', network: 'fd5e:9c1f:77aa::/48', prefix: PREFIX };
const NODE = 'fd5e:9c1f:77aa:4b0e:8d31:22f0:0:1';
const WORK = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
const GUEST: Guest = {
  ...{ device: 'kg0011223344', mac: '02:00:00:00:00:05' },
  ...{ address: 'fd5e:9c1f:77aa:4b0e:8d31:22f0:0:5', ports: [{ port: 80, protocol: 'tcp' }] },
};

describe('guests', () => {
  test('have an address of the /96 that is never the node’s, and always the same', () => {
    fc.assert(
      fc.property(fc.string(), (work) => {
        const address = guestAddress(PREFIX, work, new Set(), nodePlatform);
        expect(guestAddress(PREFIX, work, new Set(), nodePlatform)).toBe(address);
        const inside = parsePrefix(address) as Prefix;
        expect(covers(parsePrefix(PREFIX) as Prefix, inside)).toBe(true);
        const low = inside.bytes.subarray(12);
        expect([...low.subarray(0, 3), (low[3] as number) & 0xfe]).not.toEqual([0, 0, 0, 0]);
        const other = guestAddress(PREFIX, work, new Set([address]), nodePlatform);
        expect(other).not.toBe(address);
      }),
    );
  });

  test('have a device that the kernel takes, and each start its own', () => {
    const one = guestDevice(WORK, 1, nodePlatform);
    expect(one.device).toMatch(/^kg[0-9a-f]{10}$/);
    expect(one.mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(guestDevice(WORK, 2, nodePlatform).device).not.toBe(one.device);
  });

  test('are kept to what is theirs, in an order that lets nothing through first', () => {
    const rules = guestRules('kith12ab34', MESH, [GUEST]);
    const from = rules.slice(rules.indexOf('chain from_kg'), rules.indexOf('chain from_mesh'));
    const at = (text: string): number => {
      expect(from).toContain(text);
      return from.indexOf(text);
    };
    expect(from).toContain('policy drop');
    const order = [
      `ether saddr != ${GUEST.mac} drop`,
      `ip6 saddr != ${GUEST.address} drop`,
      'ip6 daddr vmap @guests',
      `ip6 daddr ${PREFIX} drop`,
      `ip6 daddr ${MESH.network} fwd`,
    ].map(at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    // Nothing else leaves it.
    expect(from.match(/\bfwd\b/g)).toHaveLength(1);
  });

  test('are reached at what is published, and where they began', () => {
    const rules = guestRules('kith12ab34', MESH, [GUEST]);
    expect(rules).toContain('tcp dport 80 fwd');
    expect(rules).not.toContain('udp dport 80');
  });

  test('without a mesh reach each other and nobody else', () => {
    const rules = guestRules('kith12ab34', { ...MESH, device: null }, [GUEST]);
    expect(rules).not.toContain('from_mesh');
    expect(rules).toContain('ip6 daddr vmap @guests');
    expect(rules).not.toContain(`ip6 daddr ${MESH.network} fwd`);
  });

  test('that are all gone leave no table', () => {
    expect(guestRules('kith12ab34', MESH, [])).toMatch(/delete table netdev kith12ab34_guests\n$/);
    expect(egressRules('kith12ab34', MESH, { users: [], shut: null })).toMatch(
      /delete table inet \S+\n$/,
    );
  });
});

describe('work that reaches out', () => {
  const egress = (more: Partial<Parameters<typeof egressRules>[2]>): string =>
    egressRules('kith12ab34', MESH, { users: [], shut: null, ...more });

  test('is not routed into the mesh, and its ports are heard there alone', () => {
    const rules = egress({ shut: [{ port: 8_080, protocol: 'tcp' }] });
    expect(rules).toMatch(/hook forward [^}]*oifname "kith\*" reject/);
    const input = rules.slice(rules.indexOf('hook input'));
    const lets = input.indexOf('iifname { "lo", "kith12ab34" } accept');
    const drops = input.indexOf(`ip6 daddr ${NODE} tcp dport { 8080 } drop`);
    expect(lets).toBeGreaterThan(0);
    expect(drops).toBeGreaterThan(lets);
    expect(rules).not.toContain('udp dport');
  });

  test('by a QEMU reaches neither this host nor the mesh', () => {
    const rules = egress({ users: [1_879_048_192] });
    expect(rules).toContain(`ip6 daddr ${MESH.network} reject`);
    expect(rules).not.toContain('hook forward');
  });
});
